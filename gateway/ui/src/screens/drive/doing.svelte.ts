/** What the driver has tapped, and what is to be said of it. */

import { createSubscriber } from 'svelte/reactivity';
import type { CommandSpec, Command } from '../../command/command';
import { commands } from '../../command/commands';
import { storedCommands } from '../../keep/stored';
import { KeptTaps, type OpenTap, type RefusedTap } from '../../keep/taps';
import { clock } from '../../time/now';
import { withDone } from './actions';
import { TAPPED, type Tapped } from './model';

/** An answer is there, and the event that changes the screen is on its way for so long at most. */
const EVENT_WITHIN_MS = 3_000;

export class Doing {
  readonly #taps: KeptTaps;
  readonly #follow: () => void;
  /** Granted, and not to be seen yet. */
  #settling = $state.raw<OpenTap | undefined>();

  /** @param owner the screen, as `drive/driver-1` */
  constructor(owner: string) {
    this.#taps = new KeptTaps({
      send: (spec) => commands.send(spec),
      now: () => clock.now(),
      keeper: storedCommands(owner),
      again: withDone,
      granted: (tap) => this.#settle(tap),
    });
    this.#follow = createSubscriber((update) => this.#taps.subscribe(update));
    void this.#taps.restore();
  }

  /** The same again while it is under way is a second tap of the same finger. */
  run(what: Tapped, spec: CommandSpec, orderId?: string): Command | undefined {
    if (this.isBusy(what)) return undefined;
    const command = this.#taps.send(what, spec, orderId);
    // Whatever it was that somebody wanted before, this is what they want now.
    this.#dropAnswered();
    return command;
  }

  /** What the last command was for is on the screen, or is not wanted any more. */
  clear(): void {
    this.#dropAnswered();
    this.#settling = undefined;
  }

  isBusy(what: Tapped): boolean {
    return this.#all.some((tap) => tap.what === what) || this.#settling?.what === what;
  }

  /** It was tapped, and the server has not heard of it: whoever drives goes on all the same. */
  isAhead(what: Tapped, orderId: string): boolean {
    const taps = this.#settling ? [...this.#all, this.#settling] : this.#all;
    return taps.some((tap) => tap.what === what && tap.orderId === orderId && tap.isKept);
  }

  /** What would be lost with the page. */
  get wouldLose(): boolean {
    return this.#taps.wouldLose;
  }

  get isSignedOut(): boolean {
    this.#follow();
    return this.#taps.isSignedOut;
  }

  get refused(): RefusedTap[] {
    this.#follow();
    return this.#taps.refused;
  }

  dismiss(key: string): void {
    this.#taps.dismiss((refused) => refused.key === key);
  }

  /** What has not left this page yet, and can be taken back. */
  get unsent(): { words: string; takeBack: () => void } | undefined {
    this.#follow();
    const last = this.#taps.lastUnsent;
    return last && { words: wordsOf(last.what), takeBack: () => last.command.stop() };
  }

  get trouble(): string {
    const kept = this.#all.filter(({ command }) => command.status === 'kept');
    if (kept.length > 0) {
      const what = kept.map(({ what }) => `“${wordsOf(what)}”`).join(', ');
      return this.isSignedOut
        ? `Kept: ${what}. Somebody has to sign in first, and it is sent afterwards.`
        : `Kept, not sent yet: ${what}. It is sent as soon as there is a network.`;
    }
    const { command } = this.#all.at(-1) ?? {};
    if (command?.isInDoubt) return 'We do not know yet whether it arrived. We ask again.';
    return command?.problem ? 'The server has too much to do. We try again.' : '';
  }

  get #all() {
    this.#follow();
    return this.#taps.open;
  }

  /** Refusals that came at once are told where the tap was; later ones stay until somebody has read them. */
  #dropAnswered(): void {
    this.#taps.dismiss(({ wasKept }) => !wasKept);
  }

  #settle(tap: OpenTap): void {
    this.#settling = tap;
    setTimeout(() => {
      if (this.#settling === tap) this.#settling = undefined;
    }, EVENT_WITHIN_MS);
  }
}

export function wordsOf(what: string): string {
  return TAPPED[what as Tapped] ?? what;
}
