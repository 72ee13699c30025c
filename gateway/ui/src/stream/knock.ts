/**
 * Asks from time to time whether the server is back while nobody answers. The waiting between tries grows, so
 * that a server in trouble is left alone; one that was only started again shall not be waited for so long.
 */

import type { StreamStore } from './store';

/** The least a server can be asked, and each page at another moment. */
const DOOR = '/health/live';
const EVERY_MS = 600;
const JITTER_MS = 300;
const ANSWER_MS = 1_000;
/** Whoever is away for longer is not just started again. */
const PATIENCE_MS = 2 * 60_000;

export interface KnockEnvironment {
  /** @returns whether anybody answered */
  ask: () => Promise<boolean>;
  mayAsk: () => boolean;
  now: () => number;
}

/** @returns how to end it */
export function knock<E>(store: StreamStore<E>, environment: KnockEnvironment): () => void {
  const { ask, mayAsk, now } = environment;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function isWanted(): boolean {
    const { status, problem, downSince } = store;
    const isAway = status === 'waiting' && problem?.status === 0;
    return !isOver && isAway && now() - (downSince ?? now()) < PATIENCE_MS;
  }

  function look(): void {
    if (timer === undefined && isWanted()) {
      timer = setTimeout(() => void tryDoor(), EVERY_MS + Math.random() * JITTER_MS);
    }
  }

  async function tryDoor(): Promise<void> {
    const isThere = mayAsk() && (await ask());
    timer = undefined;
    if (isThere && isWanted()) store.retryNow();
    else look();
  }

  const unsubscribe = store.subscribe(look);
  return () => {
    isOver = true;
    clearTimeout(timer);
    unsubscribe();
  };
}

/** As a browser asks: not where it knows of no network, nor for a page that nobody sees. */
export function browserDoor(now: () => number): KnockEnvironment {
  return {
    now,
    mayAsk: () => navigator.onLine && !document.hidden,
    ask: () =>
      fetch(DOOR, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) }).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
}
