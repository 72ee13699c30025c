/** A command as components read it: they are drawn again when it gets on. */

import { createSubscriber } from 'svelte/reactivity';
import type { Command, CommandSpec } from '../../command/command';
import { commands } from '../../command/commands';
import { clock } from '../../time/now';

export class Running<T = unknown> {
  readonly sentAt = clock.now();
  readonly #command: Command<T>;
  readonly #follow: () => void;

  constructor(spec: CommandSpec) {
    this.#command = commands.send<T>(spec);
    this.#follow = createSubscriber((update) => this.#command.subscribe(update));
  }

  get current(): Command<T> {
    this.#follow();
    return this.#command;
  }

  get isRunning(): boolean {
    return !this.current.isSettled;
  }

  /** How it is, in words; empty when it is done. */
  get words(): string {
    const { status, problem, isInDoubt, isStopped } = this.current;
    if (status === 'done') return '';
    if (status === 'kept') {
      return problem?.status === 401
        ? 'You are not signed in any more. It is not sent before you are.'
        : 'There is no network. It is sent when there is one.';
    }
    if (isStopped) {
      return isInDoubt
        ? 'Given up. Nobody knows whether it was done: look at the audit log.'
        : 'Given up. It was not done.';
    }
    if (status === 'refused') return problem?.detail ?? 'It was refused.';
    if (isInDoubt) return 'We do not know yet whether it was done. It is asked again.';
    return problem ? `${problem.detail} It is tried again.` : '';
  }
}
