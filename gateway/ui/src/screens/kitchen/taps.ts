/** What cooks tapped: sent once each, taken back while that is possible, never lost. */

import type { Problem } from '../../api/problem';
import type { Command, CommandSpec } from '../../command/command';
import { newKey } from '../../command/key';
import type { Keeper, Kept } from '../../keep/commands';
import { isWaiting, KeptTaps, type OpenTap, type RefusedTap } from '../../keep/taps';
import type { Ticket } from './model';
import { happened, hasReached, isReversible, nextStep, stepTo, type Step } from './steps';

export const UNDO_MS = 5_000;
/** A wet finger taps twice and means once. */
export const DOUBLE_MS = 400;
/** What was granted and is still not to be seen after this is not waited for any longer. */
const SEEN_MS = 3_000;

const WAITS = 'Kept, not sent yet';

export interface TapEnvironment {
  send: (spec: CommandSpec) => Command;
  now: () => number;
  ticket: (orderId: string) => Ticket | undefined;
  /** What takes a start back. */
  putBack: (orderId: string) => CommandSpec;
  keeper: Keeper;
}

interface Tap {
  /** Made when the finger touched, and kept with the tap until there is an answer. */
  key: string;
  step: Step;
  undoUntil: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Absent while the tap is held back, since the server could not take it back. */
  command?: Command;
  isTakenBack?: boolean;
}

export type ButtonState =
  | { kind: 'next'; step: Step }
  | { kind: 'undo'; seconds: number; step: Step }
  | { kind: 'busy'; words: string }
  | { kind: 'none' };

export class Taps {
  /** Of each order, oldest first: without a network a pizza goes on, tap by tap. */
  readonly #taps = new Map<string, Tap[]>();
  readonly #pressedAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #kept: KeptTaps;

  constructor(private readonly environment: TapEnvironment) {
    const { send, now, keeper } = environment;
    this.#kept = new KeptTaps({
      ...{ send, now, keeper, again },
      restored: (tap) => this.#isRestored(tap),
    });
    this.#kept.subscribe(() => this.#tell());
  }

  get refused(): RefusedTap[] {
    return this.#kept.refused;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Taps without an answer, of which those that are kept wait for the network. */
  get open(): { sending: number; kept: number } {
    const { open } = this.#kept;
    const kept = open.filter(({ command }) => isWaiting(command)).length;
    return { kept, sending: open.length - kept };
  }

  /** Some wait for somebody to sign in. */
  get isSignedOut(): boolean {
    return this.#kept.isSignedOut;
  }

  /** They would be lost with the page, since this browser stores nothing. */
  get wouldLose(): boolean {
    return this.#kept.wouldLose;
  }

  /** The steps of an order that the server has not heard of, oldest first. */
  keptOf(orderId: string): Step[] {
    return this.#of(orderId)
      .filter(({ command, isTakenBack }) => command && !isTakenBack && isWaiting(command))
      .map(({ step }) => step);
  }

  /** The one big button of a card was pressed. */
  press(orderId: string): void {
    const now = this.environment.now();
    const last = this.#pressedAt.get(orderId);
    if (last !== undefined && now - last < DOUBLE_MS) return;
    this.#pressedAt.set(orderId, now);
    const ticket = this.environment.ticket(orderId);
    const tap = this.#of(orderId).at(-1);
    if (tap && this.#mayUndo(tap, now)) return this.#undo(orderId, tap);
    const button = ticket && this.button(ticket, now);
    if (button?.kind === 'next') this.#begin(orderId, button.step, now);
  }

  /** Takes the last tap back that can be. @returns whether there was one */
  undoLast(): boolean {
    const now = this.environment.now();
    const all = [...this.#taps].flatMap(([orderId, taps]) => taps.map((tap) => ({ orderId, tap })));
    const open = all.filter(({ tap }) => this.#mayUndo(tap, now));
    const last = open.sort((a, b) => a.tap.undoUntil - b.tap.undoUntil).at(-1);
    if (last) this.#undo(last.orderId, last.tap);
    return last !== undefined;
  }

  /** What is kept and has never left this page can be taken back at any time, the last one first. */
  mayTakeBack(orderId: string): Step | undefined {
    const tap = this.#of(orderId).at(-1);
    const isOurs = tap?.command && isWaiting(tap.command) && tap.command.attempts === 0;
    return isOurs ? tap.step : undefined;
  }

  takeBack(orderId: string): void {
    const tap = this.mayTakeBack(orderId) && this.#of(orderId).at(-1);
    if (tap) this.#undo(orderId, tap);
  }

  button(ticket: Ticket, now: number): ButtonState {
    const tap = this.#of(ticket.orderId).at(-1);
    const step = nextStep(ticket);
    if (!tap) return step ? { kind: 'next', step } : { kind: 'none' };
    if (tap.isTakenBack) return { kind: 'busy', words: 'Taking it back' };
    if (now < tap.undoUntil) {
      const seconds = Math.ceil((tap.undoUntil - now) / 1_000);
      return { kind: 'undo', seconds, step: tap.step };
    }
    if (tap.command && isWaiting(tap.command)) {
      // The pizza does not wait for the network; its card does.
      const after = nextStep({ status: tap.step.to });
      return after ? { kind: 'next', step: after } : { kind: 'busy', words: WAITS };
    }
    if (hasReached(ticket.status, tap.step.to)) {
      return step ? { kind: 'next', step } : { kind: 'none' };
    }
    return { kind: 'busy', words: `To: ${tap.step.towards}` };
  }

  /** Anything but a step: what becomes of it is told when it is refused. */
  send(what: string, spec: CommandSpec, orderId?: string): Command {
    return this.#kept.send(what, spec, orderId);
  }

  /** What an earlier page was told and did not live to see answered is sent, oldest first. */
  restore(): Promise<void> {
    return this.#kept.restore();
  }

  #isRestored({ command, orderId }: OpenTap): void {
    const { key, spec } = command;
    const step = stepOf(spec);
    if (!step || orderId === undefined) return;
    const tap: Tap = { key, step, undoUntil: 0, timer: undefined, command };
    // What somebody has tapped while this was read is newer than all of it.
    const restored = this.#of(orderId).filter(({ undoUntil }) => undoUntil === 0);
    const newer = this.#of(orderId).filter(({ undoUntil }) => undoUntil > 0);
    this.#taps.set(orderId, [...restored, tap, ...newer]);
    this.#whenSettled(orderId, tap, command);
  }

  dismiss(key: string): void {
    this.#kept.dismiss((refused) => refused.key === key);
  }

  /** The page goes: what was held back is sent now. */
  flush(): void {
    for (const [orderId, taps] of this.#taps) {
      for (const tap of taps) if (!tap.command) this.#release(orderId, tap);
    }
  }

  #of(orderId: string): Tap[] {
    return this.#taps.get(orderId) ?? [];
  }

  #begin(orderId: string, step: Step, now: number): void {
    const tap: Tap = { key: newKey(), step, undoUntil: now + UNDO_MS, timer: undefined };
    this.#taps.set(orderId, [...this.#of(orderId), tap]);
    this.#kept.hold(tap.key, step.word, stepSpec(orderId, tap), orderId);
    if (isReversible(step)) this.#sendStep(orderId, tap);
    else tap.timer = setTimeout(() => this.#release(orderId, tap), UNDO_MS);
    this.#tell();
  }

  #release(orderId: string, tap: Tap): void {
    clearTimeout(tap.timer);
    const ticket = this.environment.ticket(orderId);
    // The oven's own timer was quicker, which is what was wanted.
    if (ticket && hasReached(ticket.status, tap.step.to)) {
      this.#kept.drop(tap.key);
      return this.#forget(orderId, tap);
    }
    this.#sendStep(orderId, tap);
  }

  #sendStep(orderId: string, tap: Tap): void {
    const command = this.#kept.sendHeld(tap.step.word, stepSpec(orderId, tap), orderId);
    tap.command = command;
    this.#whenSettled(orderId, tap, command);
  }

  #whenSettled(orderId: string, tap: Tap, command: Command): void {
    void command.settled.then(() => {
      if (tap.command !== command) return;
      if (command.status === 'refused') return this.#forget(orderId, tap);
      const rest = Math.max(0, tap.undoUntil - this.environment.now());
      tap.timer = setTimeout(() => this.#forget(orderId, tap), rest + SEEN_MS);
    });
  }

  #mayUndo(tap: Tap, now: number): boolean {
    return !tap.isTakenBack && now < tap.undoUntil;
  }

  #undo(orderId: string, tap: Tap): void {
    clearTimeout(tap.timer);
    const { command } = tap;
    if (!command) {
      this.#kept.drop(tap.key);
      return this.#forget(orderId, tap);
    }
    if (command.attempts === 0) {
      // It has never left this page.
      command.stop();
      return this.#forget(orderId, tap);
    }
    tap.isTakenBack = true;
    const back = this.send('Undo', this.environment.putBack(orderId), orderId);
    tap.command = back;
    void back.settled.then(() => this.#forget(orderId, tap));
    this.#tell();
  }

  #forget(orderId: string, tap: Tap): void {
    clearTimeout(tap.timer);
    const rest = this.#of(orderId).filter((other) => other !== tap);
    if (rest.length > 0) this.#taps.set(orderId, rest);
    else this.#taps.delete(orderId);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function stepSpec(
  orderId: string,
  { key, step: { from, to } }: Pick<Tap, 'key' | 'step'>,
): CommandSpec & { key: string } {
  const path = `/api/orders/${encodeURIComponent(orderId)}/status`;
  const isDone = (problem: Problem) => happened(problem, to);
  const spec = { method: 'PUT', path, body: { status: to, from }, outlivesPage: true } as const;
  return { ...spec, key, entity: `order/${orderId}`, isDone };
}

/** The step that a command is, if it is one. */
function stepOf({ method, body }: CommandSpec): Step | undefined {
  return method === 'PUT' ? stepTo(body) : undefined;
}

/** A tap of an earlier page. */
function again({ key, spec, orderId }: Kept): CommandSpec {
  const step = stepOf(spec);
  return step && orderId !== undefined ? stepSpec(orderId, { key, step }) : spec;
}
