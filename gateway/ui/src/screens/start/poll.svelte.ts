/**
 * The figures of the start page: one request every 5 seconds while somebody looks, and no
 * stream, so that whoever opens all screens in one browser does not run out of connections.
 */

import { readOverview, type Overview } from '../../api/overview';
import { problemOfError, type Problem } from '../../api/problem';
import type { Condition } from '../../stream/condition';
import { clock } from '../../time/now';

const EVERY_MS = 5_000;
/** Figures that were not confirmed for longer are not called live. */
export const STALE_MS = 30_000;

export class Poll {
  overview = $state.raw<Overview | undefined>();
  /** `absent`: this gateway gives no figures. */
  status = $state<'loading' | 'there' | 'absent'>('loading');
  problem = $state.raw<Problem | undefined>();
  /** When the figures were true, by the server's clock. */
  confirmedAt = $state<number | undefined>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #abort = new AbortController();

  constructor() {
    const look = () => {
      clearTimeout(this.#timer);
      if (!document.hidden) void this.ask();
    };
    document.addEventListener('visibilitychange', look, { signal: this.#abort.signal });
    look();
  }

  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    let wait = EVERY_MS;
    try {
      this.overview = await readOverview(this.#abort.signal);
      this.status = this.overview ? 'there' : 'absent';
      this.confirmedAt = clock.now();
      this.problem = undefined;
    } catch (error) {
      this.problem = problemOfError(error);
      wait = Math.max(wait, this.problem.retryAfterMs ?? 0);
    }
    // Nobody gives figures from one moment to the next, so nobody is asked again.
    const goesOn = !this.#abort.signal.aborted && !document.hidden && this.status !== 'absent';
    if (goesOn) this.#timer = setTimeout(() => void this.ask(), wait);
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  condition(now: number): Condition | undefined {
    if (this.status === 'absent') return undefined;
    if (this.confirmedAt === undefined) {
      return this.problem
        ? { kind: 'offline', word: 'offline' }
        : { kind: 'first-load', word: 'loading' };
    }
    if (!this.problem) return { kind: 'live', word: 'live' };
    const isLong = now - this.confirmedAt > EVERY_MS * 2;
    return isLong
      ? { kind: 'offline', word: 'offline' }
      : { kind: 'reconnecting', word: 'reconnecting' };
  }
}
