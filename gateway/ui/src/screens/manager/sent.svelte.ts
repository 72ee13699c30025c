/** What became of the last command of a part, in words beside its button. */

import type { Command, CommandSpec } from '../../command/command';
import { commands } from '../../command/commands';

export class Sent {
  /** Wrapped, since it changes inside. */
  #last = $state.raw<{ command: Command } | undefined>();

  get isBusy(): boolean {
    return this.#last !== undefined && !this.#last.command.isSettled;
  }

  get isDone(): boolean {
    return this.#last?.command.status === 'done';
  }

  /** Empty where there is nothing to say. */
  get words(): string {
    return this.#last ? wordsOf(this.#last.command) : '';
  }

  send(spec: CommandSpec, done?: () => void): void {
    const command = commands.send(spec);
    const look = () => (this.#last = { command });
    command.subscribe(() => {
      look();
      if (command.status === 'done') done?.();
    });
    look();
  }
}

export function wordsOf({ status, problem, isInDoubt }: Command): string {
  if (status === 'kept') {
    return problem?.status === 401
      ? 'Somebody has to sign in first. It is kept, and sent afterwards.'
      : 'There is no network. It is kept, and sent when it is back.';
  }
  if (status === 'sending' && isInDoubt)
    return 'We do not know yet whether it arrived. We ask again.';
  if (status === 'sending' && problem) return 'The server has too much to do. We try again.';
  if (status !== 'refused') return '';
  if (problem?.status === 412) return 'It has changed in the meantime. Look again before you act.';
  if (problem?.status === 403) return 'Whoever is signed in here may not do that.';
  return problem?.detail ?? 'It was not done.';
}
