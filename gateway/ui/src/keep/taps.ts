/** What somebody tapped: sent once under its key, and kept for the next page until there is an answer. */

import type { Problem } from '../api/problem';
import type { Command, CommandSpec } from '../command/command';
import { newKey } from '../command/key';
import type { Keeper, Kept } from './commands';

/** What was tapped so long ago is not what anybody wants now. */
const KEPT_MS = 60 * 60_000;

export interface KeptTapsEnvironment {
  send: (spec: CommandSpec) => Command;
  now: () => number;
  keeper: Keeper;
  /** How a tap of an earlier page is sent: a function, as that which says what was done, cannot be stored. */
  again: (kept: Kept) => CommandSpec;
  /** It was sent again. */
  restored?: (tap: OpenTap) => void;
  /** The server has done it, and its event is on its way. */
  granted?: (tap: OpenTap) => void;
}

/** Without an answer. */
export interface OpenTap {
  what: string;
  orderId: string | undefined;
  command: Command;
  /** It waits, or has waited, for the network or for somebody to sign in. */
  isKept: boolean;
}

/** Something that was tapped, and did not come about. */
export interface RefusedTap {
  key: string;
  what: string;
  orderId: string | undefined;
  why: string;
  /** Whoever tapped it has gone on since then. */
  wasKept: boolean;
}

export class KeptTaps {
  /** The oldest first. */
  readonly #open = new Map<string, OpenTap>();
  /** What was tapped on this page before the taps of the last one were read, also what is done by then. */
  readonly #own = new Set<string>();
  readonly #listeners = new Set<() => void>();
  refused: RefusedTap[] = [];

  constructor(private readonly environment: KeptTapsEnvironment) {}

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get open(): OpenTap[] {
    return [...this.#open.values()];
  }

  /** They would be lost with the page, since this browser stores nothing. */
  get wouldLose(): boolean {
    return this.environment.keeper.isBroken && this.#open.size > 0;
  }

  /** Some wait for somebody to sign in. */
  get isSignedOut(): boolean {
    return this.open.some(({ command }) => command.problem?.status === 401);
  }

  send(what: string, spec: CommandSpec, orderId?: string): Command {
    const key = spec.key ?? newKey();
    this.hold(key, what, spec, orderId);
    return this.sendHeld(what, { ...spec, key }, orderId);
  }

  /** Keeps what is to be sent a little later, under this key. */
  hold(key: string, what: string, spec: CommandSpec, orderId?: string): void {
    const { method, path, body, entity } = spec;
    const more = { ...(body !== undefined && { body }), ...(entity !== undefined && { entity }) };
    const of = orderId === undefined ? {} : { orderId };
    const at = this.environment.now();
    this.#own.add(key);
    this.environment.keeper.add({ key, what, at, spec: { method, path, ...more }, ...of });
  }

  /** It is not to be sent any more. */
  drop(key: string): void {
    this.environment.keeper.remove(key);
  }

  sendHeld(what: string, spec: CommandSpec & { key: string }, orderId?: string): Command {
    const { command } = this.#send(what, spec, orderId, false);
    this.#tell();
    return command;
  }

  /** What an earlier page was told and did not live to see answered is sent, oldest first. */
  async restore(): Promise<void> {
    const { keeper, now, again, restored } = this.environment;
    for (const kept of await keeper.all()) {
      const { key, what, orderId, at } = kept;
      // It was tapped while this was read.
      if (this.#own.has(key)) continue;
      if (now() - at > KEPT_MS) {
        keeper.remove(key);
        this.#complain(key, { what, orderId }, 'It was tapped more than an hour ago.', true);
        continue;
      }
      const tap = this.#send(what, { ...again(kept), key }, orderId, true);
      restored?.(tap);
    }
    this.#own.clear();
    this.#tell();
  }

  /** What has never left this page can be taken back at any time, the last one first. */
  get lastUnsent(): OpenTap | undefined {
    const last = this.open.at(-1);
    return last && isWaiting(last.command) && last.command.attempts === 0 ? last : undefined;
  }

  dismiss(isMeant: (refused: RefusedTap) => boolean): void {
    this.refused = this.refused.filter((refused) => !isMeant(refused));
    this.#tell();
  }

  #send(what: string, spec: CommandSpec, orderId: string | undefined, isKept: boolean): OpenTap {
    const command = this.environment.send(spec);
    const tap = { what, orderId, command, isKept };
    this.#open.set(command.key, tap);
    const changed = () => {
      tap.isKept ||= isWaiting(command);
      if (command.isSettled && this.#open.delete(command.key)) this.#settle(tap);
      this.#tell();
    };
    command.subscribe(changed);
    // It may have been kept before anybody could listen.
    changed();
    return tap;
  }

  #settle(tap: OpenTap): void {
    const { what, orderId, command, isKept } = tap;
    this.drop(command.key);
    if (command.status === 'done') this.environment.granted?.(tap);
    if (command.status !== 'refused' || command.isStopped) return;
    this.#complain(command.key, { what, orderId }, whyNot(command.problem), isKept);
  }

  #complain(
    key: string,
    { what, orderId }: Pick<OpenTap, 'what' | 'orderId'>,
    why: string,
    wasKept: boolean,
  ): void {
    this.refused = [...this.refused, { key, what, orderId, why, wasKept }];
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** It has not arrived, as far as anybody knows. */
export function isWaiting({ status, isInDoubt, problem }: Command): boolean {
  return status === 'kept' || (status === 'sending' && (isInDoubt || problem !== undefined));
}

function whyNot(problem: Problem | undefined): string {
  if (problem?.status === 403) return 'Whoever is signed in here may not do that.';
  return problem?.detail ?? 'It was not done.';
}
