/**
 * Sends commands until they are answered. The same key goes with every try, so that it happens
 * once however often it is sent.
 */

import { isAbort, problemOf, unreachable, type Problem } from '../api/problem';
import type { ServerClock } from '../time/clock';
import { backoff } from '../stream/backoff';
import { Command, type CommandSpec } from './command';
import { Line } from './line';

export interface SenderEnvironment {
  request: (path: string, init: RequestInit) => Promise<Response>;
  clock: ServerClock;
  isOnline: () => boolean;
  random?: () => number;
}

/** Nobody waits longer than this for a first answer without being told. */
const PATIENCE_MS = 10_000;

/** What a try came to. */
type Outcome =
  | { kind: 'done'; answer: unknown }
  | { kind: 'refused'; problem: Problem }
  /** It did not happen, and may be tried again. */
  | { kind: 'later'; problem: Problem }
  /** It may have happened. */
  | { kind: 'unknown'; problem: Problem }
  | { kind: 'signedOut'; problem: Problem };

export class CommandSender {
  readonly #line = new Line();
  readonly #last = new Map<string, Promise<void>>();

  constructor(private readonly environment: SenderEnvironment) {}

  /** Commands that have no answer yet. */
  get pending(): ReadonlySet<Command> {
    return this.#line.open;
  }

  send<T>(spec: CommandSpec): Command<T> {
    const command = new Command<T>(spec);
    const { entity } = spec;
    const before = entity === undefined ? undefined : this.#last.get(entity);
    this.#line.join(command as Command, before !== undefined);
    if (entity !== undefined) this.#last.set(entity, command.settled);
    void this.#run(command as Command, before).finally(() => {
      this.#line.leave(command as Command);
      // Whoever came last has nobody behind, and need not be remembered.
      if (entity !== undefined && this.#last.get(entity) === command.settled) {
        this.#last.delete(entity);
      }
    });
    return command;
  }

  /** The network is back, or somebody has signed in. */
  resume(): void {
    for (const command of this.pending) command.wake();
  }

  async #run(command: Command, before: Promise<void> | undefined): Promise<void> {
    const { isOnline } = this.environment;
    const keep = () =>
      command.update({ status: 'kept', problem: unreachable('There is no network.') });
    if (before && !isOnline()) keep();
    await before;
    while (!command.isSettled) {
      if (!isOnline()) {
        keep();
        await command.sleep(undefined);
        continue;
      }
      await this.#line.turn(command);
      // Meanwhile it may have been stopped, or the network gone.
      if (command.isSettled || !isOnline()) continue;
      command.update({ status: 'sending', retryAt: undefined, attempts: command.attempts + 1 });
      const outcome = await this.#try(command);
      this.#line.tried(command, isOpen(outcome) ? outcome.problem : undefined);
      // Somebody has given up in the meantime; an answer is welcome all the same.
      if (command.isStopped && outcome.kind !== 'done') return;
      await this.#conclude(command, outcome);
    }
  }

  async #conclude(command: Command, outcome: Outcome): Promise<void> {
    const { spec } = command;
    if (outcome.kind === 'done') {
      command.update({
        status: 'done',
        answer: outcome.answer,
        isInDoubt: false,
        problem: undefined,
      });
      return;
    }
    const { problem } = outcome;
    if (outcome.kind === 'refused') {
      const isDone = spec.isDone?.(problem) === true;
      command.update({ status: isDone ? 'done' : 'refused', isInDoubt: false, problem });
      return;
    }
    if (outcome.kind === 'signedOut') {
      command.update({ status: 'kept', problem });
      await command.sleep(undefined);
      return;
    }
    const { clock, random } = this.environment;
    const wait = backoff(command.attempts, problem.retryAfterMs, random?.());
    // Once in doubt it stays so until there is an answer.
    const isInDoubt = command.isInDoubt || outcome.kind === 'unknown';
    command.update({ problem, isInDoubt, retryAt: clock.now() + wait });
    await command.sleep(wait);
  }

  async #try({ spec, key }: Command): Promise<Outcome> {
    const headers: Record<string, string> = { 'idempotency-key': key };
    if (spec.body !== undefined) headers['content-type'] = 'application/json';
    if (spec.ifMatch !== undefined) headers['if-match'] = `"${spec.ifMatch}"`;
    const patienceMs = spec.patienceMs ?? PATIENCE_MS;
    const signal = AbortSignal.timeout(patienceMs);
    const body = spec.body === undefined ? {} : { body: JSON.stringify(spec.body) };
    try {
      const { method, path, outlivesPage: keepalive = false } = spec;
      const init = { method, headers, signal, keepalive, ...body };
      const response = await this.environment.request(path, init);
      if (response.ok) return { kind: 'done', answer: await answerOf(response) };
      return judge(await problemOf(response));
    } catch (error) {
      const late = `No answer came for ${patienceMs / 1_000} s.`;
      const detail = isAbort(error) ? late : 'The server does not answer.';
      return { kind: 'unknown', problem: unreachable(detail) };
    }
  }
}

function isOpen(outcome: Outcome): outcome is Exclude<Outcome, { kind: 'done' | 'refused' }> {
  return outcome.kind !== 'done' && outcome.kind !== 'refused';
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

function judge(problem: Problem): Outcome {
  const { status, code } = problem;
  if (status === 401) return { kind: 'signedOut', problem };
  if (code === 'unknown-outcome' || status === 502 || status === 504) {
    return { kind: 'unknown', problem };
  }
  if (status === 429 || status === 503) return { kind: 'later', problem };
  return { kind: 'refused', problem };
}
