/** One command, from the finger to the answer. */

import type { Problem } from '../api/problem';
import { newKey } from './key';

export interface CommandSpec {
  method: 'POST' | 'PUT' | 'DELETE';
  path: string;
  body?: unknown;
  /** The version that was on the screen, where the meaning depends on it. */
  ifMatch?: number;
  /** What it is about: commands on one entity keep their order. */
  entity?: string;
  /** From an earlier page, which did not live to see the answer. */
  key?: string;
  /** How long an answer may take, in milliseconds, where ten seconds are not enough. */
  patienceMs?: number;
  /** Sent while the page goes, it is not cut off. */
  outlivesPage?: boolean;
  /** Whether this refusal says that somebody has done it already. */
  isDone?: (problem: Problem) => boolean;
}

/**
 * `kept`: it could not be sent, and waits for the network or for somebody to sign in.
 * A command without an answer is never `done`.
 */
export type CommandStatus = 'sending' | 'kept' | 'done' | 'refused';

export class Command<T = unknown> {
  readonly key: string;
  status: CommandStatus = 'sending';
  /** It was sent, and nobody knows whether it arrived. */
  isInDoubt = false;
  /** It is sent again at this time, by the server's clock. */
  retryAt: number | undefined;
  /** Why it waits, or was refused. */
  problem: Problem | undefined;
  answer: T | undefined;
  attempts = 0;
  readonly #listeners = new Set<() => void>();
  #isStopped = false;
  #wake: (() => void) | undefined;
  readonly settled: Promise<void>;
  #settle: () => void = () => undefined;

  constructor(readonly spec: CommandSpec) {
    this.key = spec.key ?? newKey();
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  get isSettled(): boolean {
    return this.status === 'done' || this.status === 'refused';
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** No more tries. What was sent already may still have happened. */
  stop(): void {
    if (this.isSettled) return;
    this.#isStopped = true;
    this.update({ status: 'refused' });
    this.wake();
  }

  /** Sent again now and not later. */
  wake(): void {
    this.#wake?.();
  }

  /** For the sender alone. */
  update(change: Partial<Pick<Command<T>, Mutable>>): void {
    Object.assign(this, change);
    if (this.isSettled) this.#settle();
    for (const listener of this.#listeners) listener();
  }

  /** For the sender alone: sleeps, until it is woken if no time is given. */
  async sleep(ms: number | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

type Mutable = 'status' | 'isInDoubt' | 'retryAt' | 'problem' | 'answer' | 'attempts';
