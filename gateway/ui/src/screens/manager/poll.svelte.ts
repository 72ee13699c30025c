/** Something that is read by requests, again when it is told to have changed. */

import { problemOfError, type Problem } from '../../api/problem';

export class Answer<T> {
  value = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  #readAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #controller = new AbortController();

  /** @param leastMs so soon it is not read again, however often it is said to have changed */
  constructor(
    private readonly read: (signal: AbortSignal) => Promise<T>,
    private readonly leastMs = 0,
  ) {}

  /** Now, or as soon as it may be. */
  refresh(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#readAt + this.leastMs - performance.now());
    this.#timer = setTimeout(() => void this.#again(), this.#readAt === 0 ? 0 : wait);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  async #again(): Promise<void> {
    this.#readAt = performance.now();
    try {
      this.value = await this.read(this.#controller.signal);
      this.problem = undefined;
    } catch (error) {
      if (!this.#controller.signal.aborted) this.problem = problemOfError(error);
    } finally {
      this.#timer = undefined;
    }
  }
}
