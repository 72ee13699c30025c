/** What cooks tapped: sent once each, taken back while that is possible, never lost. */

import type { Problem } from '../../api/problem';
import type { Command, CommandSpec } from '../../command/command';
import type { Keeper, Kept } from './keeper';
import type { Ticket } from './model';
import { happened, hasReached, isReversible, nextStep, stepTo, type Step } from './steps';

export const UNDO_MS = 5_000;
/** A wet finger taps twice and means once. */
export const DOUBLE_MS = 400;
/** What was granted and is still not to be seen after this is not waited for any longer. */
const SEEN_MS = 3_000;

/** What was tapped so long ago is not what anybody wants now. */
const KEPT_MS = 60 * 60_000;

const WAITS = 'Kept, not sent yet';

export interface TapEnvironment {
  send: (spec: CommandSpec) => Command;
  now: () => number;
  ticket: (orderId: string) => Ticket | undefined;
  /** What takes a start back. */
  putBack: (orderId: string) => CommandSpec;
  kitchenId: string;
  keeper: Keeper;
}

interface Tap {
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

/** Something that was tapped, and did not come about. */
export interface Refused {
  key: string;
  orderId: string | undefined;
  what: string;
  why: string;
}

export class Taps {
  readonly #taps = new Map<string, Tap>();
  readonly #pressedAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Set<Command>();
  refused: Refused[] = [];

  constructor(private readonly environment: TapEnvironment) {}

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Taps without an answer, of which those that are kept wait for the network. */
  get open(): { sending: number; kept: number } {
    const kept = [...this.#waiting].filter((command) => isWaiting(command)).length;
    return { kept, sending: this.#waiting.size - kept };
  }

  /** The one big button of a card was pressed. */
  press(orderId: string): void {
    const now = this.environment.now();
    const last = this.#pressedAt.get(orderId);
    if (last !== undefined && now - last < DOUBLE_MS) return;
    this.#pressedAt.set(orderId, now);
    const tap = this.#taps.get(orderId);
    if (tap) return this.#mayUndo(tap, now) ? this.#undo(orderId, tap) : undefined;
    const ticket = this.environment.ticket(orderId);
    const step = ticket && nextStep(ticket);
    if (step) this.#begin(orderId, step, now + UNDO_MS);
  }

  /** Takes the last tap back that can be. @returns whether there was one */
  undoLast(): boolean {
    const now = this.environment.now();
    const last = [...this.#taps].findLast(([, tap]) => this.#mayUndo(tap, now));
    if (last) this.#undo(...last);
    return last !== undefined;
  }

  button(ticket: Ticket, now: number): ButtonState {
    const tap = this.#taps.get(ticket.orderId);
    const step = nextStep(ticket);
    if (!tap) return step ? { kind: 'next', step } : { kind: 'none' };
    if (tap.isTakenBack) return { kind: 'busy', words: 'Taking it back' };
    if (now < tap.undoUntil) {
      const seconds = Math.ceil((tap.undoUntil - now) / 1_000);
      return { kind: 'undo', seconds, step: tap.step };
    }
    if (tap.command && isWaiting(tap.command)) return { kind: 'busy', words: WAITS };
    if (hasReached(ticket.status, tap.step.to)) {
      return step ? { kind: 'next', step } : { kind: 'none' };
    }
    return { kind: 'busy', words: `To: ${tap.step.towards}` };
  }

  /** Anything but a step: what becomes of it is told when it is refused. */
  send(what: string, spec: CommandSpec, orderId?: string): Command {
    const command = this.environment.send(spec);
    this.#keep(what, command, orderId);
    this.#waiting.add(command);
    command.subscribe(() => {
      if (command.isSettled && this.#waiting.delete(command)) {
        this.environment.keeper.remove(command.key);
        if (command.status === 'refused' && !command.isStopped) {
          this.#complain({ key: command.key, orderId, what, why: whyNot(command.problem) });
        }
      }
      this.#tell();
    });
    this.#tell();
    return command;
  }

  #keep(what: string, { key, spec }: Command, orderId: string | undefined): void {
    const { kitchenId, keeper, now } = this.environment;
    const { method, path, body, entity } = spec;
    const more = { ...(body !== undefined && { body }), ...(entity !== undefined && { entity }) };
    const at = now();
    keeper.add({
      key,
      kitchenId,
      what,
      at,
      spec: { method, path, ...more },
      ...(orderId && { orderId }),
    });
  }

  /** What an earlier page was told and did not live to see answered is sent, oldest first. */
  async restore(): Promise<void> {
    const { keeper, kitchenId, now } = this.environment;
    for (const kept of await keeper.all(kitchenId)) {
      if (now() - kept.at > KEPT_MS) {
        const { key, orderId, what } = kept;
        keeper.remove(key);
        this.#complain({ key, orderId, what, why: 'It was tapped more than an hour ago.' });
      } else this.#sendAgain(kept);
    }
    this.#tell();
  }

  #sendAgain({ key, spec, what, orderId }: Kept): void {
    const step = spec.method === 'PUT' ? stepTo(spec.body) : undefined;
    if (!step || orderId === undefined) return void this.send(what, { ...spec, key }, orderId);
    const isDone = (problem: Problem) => happened(problem, step.to);
    const command = this.send(what, { ...spec, key, isDone }, orderId);
    const tap: Tap = { step, undoUntil: 0, timer: undefined, command };
    this.#taps.set(orderId, tap);
    this.#whenSettled(orderId, tap, command);
  }

  dismiss(key: string): void {
    this.refused = this.refused.filter((refused) => refused.key !== key);
    this.#tell();
  }

  /** The page goes: what was held back is sent now. */
  flush(): void {
    for (const [orderId, tap] of this.#taps) if (!tap.command) this.#release(orderId, tap);
  }

  #begin(orderId: string, step: Step, undoUntil: number): void {
    const tap: Tap = { step, undoUntil, timer: undefined };
    this.#taps.set(orderId, tap);
    if (isReversible(step)) this.#sendStep(orderId, tap);
    else tap.timer = setTimeout(() => this.#release(orderId, tap), UNDO_MS);
    this.#tell();
  }

  #release(orderId: string, tap: Tap): void {
    clearTimeout(tap.timer);
    const ticket = this.environment.ticket(orderId);
    // The oven's own timer was quicker, which is what was wanted.
    if (ticket && hasReached(ticket.status, tap.step.to)) return this.#forget(orderId, tap);
    this.#sendStep(orderId, tap);
  }

  #sendStep(orderId: string, tap: Tap): void {
    const { to, word } = tap.step;
    const path = `/api/orders/${encodeURIComponent(orderId)}/status`;
    const isDone = (problem: Problem) => happened(problem, to);
    const spec = { method: 'PUT', path, body: { status: to }, outlivesPage: true } as const;
    const command = this.send(word, { ...spec, entity: `order/${orderId}`, isDone }, orderId);
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
    if (!command) return this.#forget(orderId, tap);
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
    if (this.#taps.get(orderId) === tap) this.#taps.delete(orderId);
    this.#tell();
  }

  #complain(refused: Refused): void {
    this.refused = [...this.refused, refused];
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
  if (!problem) return 'It was not done.';
  if (problem.status === 403) return 'Whoever is signed in here may not do that.';
  return problem.detail;
}
