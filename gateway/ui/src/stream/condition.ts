/** In which of the states that people know a live region is, and the word for it. */

import { span } from '../time/words';
import type { StreamStore } from './store';

export type ConditionKind =
  | 'first-load'
  | 'live'
  | 'quiet'
  | 'reconnecting'
  | 'offline'
  | 'catching-up'
  | 'gap'
  | 'refused'
  | 'gone'
  | 'overloaded'
  | 'broken'
  | 'ended'
  | 'paused';

export interface Condition {
  kind: ConditionKind;
  /** For the connection light. */
  word: string;
}

export type Observed = Pick<
  StreamStore<unknown>,
  | 'status'
  | 'problem'
  | 'downSince'
  | 'lastSignAt'
  | 'lastChangeAt'
  | 'hasData'
  | 'hasGap'
  | 'isRemembered'
  | 'isCatchingUp'
  | 'pending'
>;

/** What was confirmed longer ago than this is not called live. */
const LIVE_MS = 20_000;
const QUIET_MS = 60_000;
/** A hiccup is not worth a banner. */
const HICCUP_MS = 5_000;

export function conditionOf(store: Observed, now: number, isOnline: boolean): Condition {
  switch (store.status) {
    case 'refused':
      return { kind: 'refused', word: 'not allowed' };
    case 'gone':
      return { kind: 'gone', word: 'not there' };
    case 'ended':
      return { kind: 'ended', word: 'finished' };
    case 'paused':
      return { kind: 'paused', word: 'paused' };
    case 'live':
      return liveCondition(store, now);
    default:
      return waitingCondition(store, now, isOnline);
  }
}

function liveCondition(store: Observed, now: number): Condition {
  if (store.isCatchingUp) return catchingUp(store);
  if (now - (store.lastSignAt ?? now) > LIVE_MS) {
    return { kind: 'reconnecting', word: 'reconnecting' };
  }
  const quiet = now - (store.lastChangeAt ?? now);
  if (quiet < QUIET_MS) return { kind: 'live', word: 'live' };
  return { kind: 'quiet', word: `live · nothing new for ${span(quiet)}` };
}

function catchingUp({ pending }: Observed): Condition {
  const word = pending > 0 ? `catching up · ${pending} events` : 'catching up';
  return { kind: 'catching-up', word };
}

function waitingCondition(store: Observed, now: number, isOnline: boolean): Condition {
  if (store.hasGap && store.status !== 'waiting') return { kind: 'gap', word: 'catching up' };
  const isAsked = store.problem?.status === 429 || store.problem?.status === 503;
  if (isAsked) return { kind: 'overloaded', word: 'busy' };
  const isBroken = store.problem?.status === 500 || store.problem?.code === 'broken';
  if (isBroken && store.status === 'waiting') return { kind: 'broken', word: 'out of order' };
  const down = now - (store.downSince ?? now);
  if (!isOnline || (down >= HICCUP_MS && (store.hasData || store.status === 'waiting'))) {
    return { kind: 'offline', word: 'offline' };
  }
  if (!store.hasData) return { kind: 'first-load', word: 'loading' };
  if (store.isRemembered && store.status !== 'waiting') return catchingUp(store);
  return { kind: 'reconnecting', word: 'reconnecting' };
}
