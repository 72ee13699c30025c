/** What somebody tapped: sent once under its key, and kept for the next page until there is an answer. */

import type { Problem } from '../api/problem';
import type { Command, CommandSpec } from '../command/command';
import type { Keeper, Kept } from './commands';

/** What was tapped so long ago is not what anybody wants now. */
const KEPT_MS = 60 * 60_000;

export interface KeptTapsEnvironment {
  send: (spec: CommandSpec) => Command;
  now: () => number;
  keeper: Keeper;
  /** A function cannot be stored: which refusals of a tap of an earlier page say that it was done. */
  isDone: (spec: Kept['spec']) => CommandSpec['isDone'];
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

  send(what: string, spec: CommandSpec, orderId?: string): Command {
    const command = this.#send(what, spec, orderId, false);
    const { method, path, body, entity } = spec;
    const more = { ...(body !== undefined && { body }), ...(entity !== undefined && { entity }) };
    const of = orderId === undefined ? {} : { orderId };
    const at = this.environment.now();
    this.environment.keeper.add({
      key: command.key,
      what,
      at,
      spec: { method, path, ...more },
      ...of,
    });
    return command;
  }

  /** What an earlier page was told and did not live to see answered is sent, oldest first. */
  async restore(): Promise<void> {
    const { keeper, now, isDone } = this.environment;
    for (const { key, what, spec, orderId, at } of await keeper.all()) {
      if (now() - at > KEPT_MS) {
        keeper.remove(key);
        this.#complain(key, { what, orderId }, 'It was tapped more than an hour ago.', true);
        continue;
      }
      const known = isDone(spec);
      this.#send(what, { ...spec, key, ...(known && { isDone: known }) }, orderId, true);
    }
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

  #send(what: string, spec: CommandSpec, orderId: string | undefined, isKept: boolean): Command {
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
    return command;
  }

  #settle(tap: OpenTap): void {
    const { what, orderId, command, isKept } = tap;
    this.environment.keeper.remove(command.key);
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
function isWaiting({ status, isInDoubt, problem }: Command): boolean {
  return status === 'kept' || (status === 'sending' && (isInDoubt || problem !== undefined));
}

function whyNot(problem: Problem | undefined): string {
  if (problem?.status === 403) return 'Whoever is signed in here may not do that.';
  return problem?.detail ?? 'It was not done.';
}
