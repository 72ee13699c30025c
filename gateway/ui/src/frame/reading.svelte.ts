/** Something that is asked for and not streamed, asked again until there is an answer. */

import { problemOfError, type Problem } from '../api/problem';
import { backoff } from '../stream/backoff';
import type { Condition } from '../stream/condition';
import { clock } from '../time/now';
import type { LiveRegion } from './frame.svelte';

/** Asking again would change nothing. */
const FINAL = [401, 403, 404, 410];
/** A hiccup is not worth a banner. */
const HICCUP_MS = 10_000;

export class Reading<T> implements LiveRegion {
  value = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  /** When it was true, by the server's clock. */
  lastSignAt = $state<number | undefined>();
  downSince = $state<number | undefined>();
  nextTryAt = $state<number | undefined>();
  /** It was answered that there is nothing. */
  isAbsent = $state(false);
  readonly #startedAt = clock.now();
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #turn = 0;

  /**
   * @param read what is asked for; `undefined` where there is nothing of the kind, ever
   * @param everyMs it changes, and is asked for again while somebody looks
   */
  constructor(
    private readonly read: (signal: AbortSignal) => Promise<T | undefined>,
    private readonly everyMs?: number,
  ) {
    const { signal } = this.#abort;
    window.addEventListener('online', () => this.retryNow(), { signal });
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    this.#look();
  }

  /** For those who follow what changes in it. */
  get current(): this {
    return this;
  }

  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.nextTryAt = undefined;
    try {
      const value = await this.read(this.#abort.signal);
      if (turn === this.#turn) this.#answered(value);
    } catch (error) {
      if (turn === this.#turn && !this.#abort.signal.aborted) this.#failed(problemOfError(error));
    }
  }

  retryNow(): void {
    if (this.problem) void this.ask();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  condition(now: number, isOnline: boolean): Condition | undefined {
    if (this.isAbsent) return undefined;
    const { status, code } = this.problem ?? { status: 200, code: '' };
    if (FINAL.includes(status)) return undefined;
    if (!isOnline) return { kind: 'offline', word: 'offline' };
    if (!this.problem) return this.#wellCondition();
    if (status === 429 || status === 503) return { kind: 'overloaded', word: 'busy' };
    if (status === 500 || code === 'broken') return { kind: 'broken', word: 'out of order' };
    const isLong = now - (this.lastSignAt ?? 0) > HICCUP_MS;
    return isLong
      ? { kind: 'offline', word: 'offline' }
      : { kind: 'reconnecting', word: 'reconnecting' };
  }

  /** What does not change by itself is not live, and needs no light that says so. */
  #wellCondition(): Condition | undefined {
    if (this.lastSignAt === undefined) return { kind: 'first-load', word: 'loading' };
    return this.everyMs === undefined ? undefined : { kind: 'live', word: 'live' };
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    if (this.everyMs !== undefined || this.problem || this.value === undefined) void this.ask();
  }

  #answered(value: T | undefined): void {
    this.value = value;
    this.isAbsent = value === undefined;
    this.problem = this.downSince = undefined;
    this.lastSignAt = clock.now();
    this.#failures = 0;
    if (this.everyMs !== undefined && !this.isAbsent) this.#again(this.everyMs);
  }

  #failed(problem: Problem): void {
    this.problem = problem;
    this.downSince ??= this.lastSignAt ?? this.#startedAt;
    if (FINAL.includes(problem.status)) return;
    const wait = backoff(++this.#failures, problem.retryAfterMs);
    this.nextTryAt = clock.now() + wait;
    this.#again(wait);
  }

  #again(wait: number): void {
    if (document.hidden || this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => void this.ask(), wait);
  }
}
