/** The command that was sent last, and what is to be said of it. */

import type { Command, CommandSpec } from '../../command/command';
import { commands } from '../../command/commands';

/** An answer is there, and the event that changes the screen is on its way for so long at most. */
const EVENT_WITHIN_MS = 3_000;

export class Doing {
  /** Wrapped, since it changes inside. */
  #sent = $state.raw<{ what: string; command: Command } | undefined>();
  #isSettling = $state(false);

  /** The same again while it is under way is a second tap of the same finger. */
  run(what: string, spec: CommandSpec): Command | undefined {
    if (this.isBusy(what)) return undefined;
    const command = commands.send(spec);
    command.subscribe(() => {
      if (this.#sent?.command === command) this.#sent = { what, command };
    });
    this.#sent = { what, command };
    void command.settled.then(() => {
      if (command.status !== 'done') return;
      this.#isSettling = true;
      setTimeout(() => (this.#isSettling = false), EVENT_WITHIN_MS);
    });
    return command;
  }

  /** What the command was for is on the screen, or is not wanted any more. */
  clear(): void {
    this.#sent = undefined;
    this.#isSettling = false;
  }

  isBusy(what: string): boolean {
    if (this.#sent?.what !== what) return false;
    return !this.#sent.command.isSettled || this.#isSettling;
  }

  /** What would be lost with the page. */
  get wouldLose(): boolean {
    return this.#sent !== undefined && !this.#sent.command.isSettled;
  }

  get isSignedOut(): boolean {
    const command = this.#sent?.command;
    return command?.status === 'kept' && command.problem?.status === 401;
  }

  get trouble(): string {
    const command = this.#sent?.command;
    if (!command) return '';
    const { status, problem, isInDoubt } = command;
    if (this.isSignedOut) return 'Somebody has to sign in first. It is kept, and sent afterwards.';
    if (status === 'kept') return 'There is no network. It is kept, and sent when it is back.';
    if (status === 'sending' && isInDoubt) {
      return 'We do not know yet whether it arrived. We ask again.';
    }
    if (status === 'sending' && problem) return 'The server has too much to do. We try again.';
    return status === 'refused' ? (problem?.detail ?? 'It was not done.') : '';
  }
}
