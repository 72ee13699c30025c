/**
 * Sends where the phone is: at most once a second and only when it has moved, or every 15 s as a
 * sign of life. What cannot be sent is kept, with its times, also for the next page, and sent when the
 * network is back.
 */

import { metres } from '../../map/distance';
import { backoff } from '../../stream/backoff';
import type { Fix } from './model';

export const KEPT_MAX = 500;
/** More than so many the server takes of nobody at once. */
export const BATCH_MAX = 100;
const EVERY_MS = 1_000;
const SIGN_OF_LIFE_MS = 15_000;
const MOVED_M = 5;

export interface SenderEnvironment {
  /** Resolves to whether the server has taken them; rejects where nobody answers. */
  send: (fixes: Fix[]) => Promise<boolean>;
  /** By the server's clock. */
  now: () => number;
  changed: () => void;
  /** Writes what has not been sent, where a next page finds it. */
  keep: (fixes: () => readonly Fix[]) => void;
  random?: () => number;
}

export class PositionSender {
  /** When the server has accepted the last one. */
  acceptedAt: number | undefined;
  /** Tries without an answer since then. */
  failures = 0;
  #kept: Fix[] = [];
  #last: Fix | undefined;
  #isSending = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Something may lie where the next page looks. */
  #isStored = false;
  /** Nothing goes before what an earlier page has left: older ones are ignored after newer ones. */
  #isRestored = false;

  constructor(private readonly environment: SenderEnvironment) {}

  /** How many wait for the network. */
  get kept(): number {
    return this.#kept.length;
  }

  /** What an earlier page did not get rid of goes before all that comes now. */
  restore(fixes: readonly Fix[]): void {
    this.#isRestored = true;
    this.#isStored = fixes.length > 0;
    this.#last ??= fixes.at(-1);
    this.#kept = [...fixes, ...this.#kept].slice(-KEPT_MAX);
    void this.#send();
  }

  /** @returns whether it is worth sending */
  take(fix: Fix): boolean {
    const last = this.#last;
    const passed = last ? fix.at - last.at : Infinity;
    // Older than what was taken already, or the clock was set: only newer ones count.
    if (passed < EVERY_MS) return false;
    const hasMoved = !last || metres(last.location, fix.location) >= MOVED_M;
    if (!hasMoved && passed < SIGN_OF_LIFE_MS) return false;
    this.#last = fix;
    this.#kept.push(fix);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
    if (this.failures > 0) this.#store();
    if (this.#retry === undefined) void this.#send();
    return true;
  }

  /** The network is back. */
  retryNow(): void {
    if (this.#retry === undefined) return;
    this.#cancelRetry();
    void this.#send();
  }

  /** The page goes, and what is on its way may not arrive. */
  flush(): void {
    if (this.#kept.length > 0) this.#store();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#kept = [];
  }

  async #send(): Promise<void> {
    if (this.#isSending || this.#kept.length === 0) return;
    if (!this.#isRestored || this.#isClosed) return;
    this.#isSending = true;
    const batch = this.#kept.slice(0, BATCH_MAX);
    let isAnswered = true;
    try {
      const isAccepted = await this.environment.send(batch);
      // What the server does not want it will not want a second time either.
      this.#kept = this.#kept.filter((fix) => !batch.includes(fix));
      if (isAccepted) this.acceptedAt = this.environment.now();
      this.failures = 0;
    } catch {
      isAnswered = false;
      this.failures++;
    }
    this.#isSending = false;
    if (this.#isClosed) return;
    // What goes at once is not written each second.
    if (!isAnswered || this.#isStored) this.#store();
    this.environment.changed();
    if (isAnswered) return void this.#send();
    const wait = backoff(this.failures, undefined, this.environment.random?.());
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#send();
    }, wait);
  }

  #store(): void {
    // As it is now: whoever writes it may do so when the page has gone.
    const kept = [...this.#kept];
    this.#isStored = kept.length > 0;
    this.environment.keep(() => kept);
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}
