/**
 * Commands go side by side while all is well. Once the server has given no answer they stand in
 * line: the oldest asks whether it is back, and then one goes after the other, as they were made.
 */

import type { Problem } from '../api/problem';
import type { Command } from './command';

/** No answer, too many questions, nobody signed in: whatever is sent next would meet the same. */
const HOLD_UP = [0, 401, 429];

export class Line {
  /** All that have no answer yet, the oldest first. */
  readonly #open = new Set<Command>();
  /** Those that wait for their turn. */
  readonly #queued = new Set<Command>();
  /** Those that wait for themselves alone, and hold up nobody. */
  readonly #parked = new Set<Command>();
  #holdUp: Problem | undefined;

  get open(): ReadonlySet<Command> {
    return this.#open;
  }

  /** @param isBehind it waits for another one of its own entity first */
  join(command: Command, isBehind: boolean): void {
    this.#open.add(command);
    if (isBehind) this.#parked.add(command);
    if (this.#holdUp) this.#keep(command, this.#holdUp);
  }

  leave(command: Command): void {
    this.#open.delete(command);
    this.#parked.delete(command);
    this.#next();
  }

  /** @returns when this command may be sent; at once where nobody waits, and early if it is stopped */
  async turn(command: Command): Promise<void> {
    this.#parked.delete(command);
    while (!command.isSettled && !this.#mayGo(command)) {
      this.#queued.add(command);
      this.#keep(command, this.#holdUp);
      await command.sleep(undefined);
      this.#queued.delete(command);
    }
  }

  /** @param problem why a try came to nothing; `undefined` after an answer that ends it */
  tried(command: Command, problem: Problem | undefined): void {
    const isHeldUp = problem !== undefined && HOLD_UP.includes(problem.status);
    if (isHeldUp) {
      for (const other of this.#open) if (other.attempts === 0) this.#keep(other, problem);
    } else if (problem) this.#parked.add(command);
    this.#holdUp = isHeldUp ? problem : undefined;
    this.#next();
  }

  #mayGo(command: Command): boolean {
    const isFree = !this.#holdUp && command.status !== 'kept' && !this.#isLine();
    return isFree || command === this.#head();
  }

  /** Some have waited, and go before whoever comes now. */
  #isLine(): boolean {
    for (const command of this.#open) {
      if (command.status === 'kept' && !this.#parked.has(command)) return true;
    }
    return false;
  }

  #head(): Command | undefined {
    for (const command of this.#open) {
      if (!command.isSettled && !this.#parked.has(command)) return command;
    }
    return undefined;
  }

  #next(): void {
    const head = this.#head();
    if (head && this.#queued.has(head)) head.wake();
  }

  #keep(command: Command, problem: Problem | undefined): void {
    if (command.isSettled) return;
    command.update({ status: 'kept', ...(problem && { problem }) });
  }
}
