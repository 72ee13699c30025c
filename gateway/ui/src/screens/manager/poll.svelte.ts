/** Something that is read by requests, again when it is told to have changed. */

import { problemOfError, type Problem } from '../../api/problem';
import { clock } from '../../time/now';

/** Nobody has to press anything for what comes back by itself. */
const RETRY_MS = 10_000;

export class Answer<T> {
  value = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  /** When the value was true, by the server's clock. */
  valueAt = $state<number | undefined>();
  #readAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isReading = false;
  #controller = new AbortController();

  /** @param leastMs so soon it is not read again, however often it is said to have changed */
  constructor(
    private readonly read: (signal: AbortSignal) => Promise<T>,
    private readonly leastMs = 0,
  ) {}

  /** Now, or as soon as it may be. */
  refresh(): void {
    if (this.#isReading || (this.#timer !== undefined && !this.problem)) return;
    clearTimeout(this.#timer);
    const wait = Math.max(0, this.#readAt + this.leastMs - performance.now());
    this.#timer = setTimeout(() => void this.#again(), this.#readAt === 0 ? 0 : wait);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  async #again(): Promise<void> {
    this.#readAt = performance.now();
    this.#timer = undefined;
    this.#isReading = true;
    try {
      this.value = await this.read(this.#controller.signal);
      this.valueAt = clock.now();
      this.problem = undefined;
    } catch (error) {
      if (this.#controller.signal.aborted) return;
      this.problem = problemOfError(error);
      this.#timer = setTimeout(() => void this.#again(), RETRY_MS);
    } finally {
      this.#isReading = false;
    }
  }
}
