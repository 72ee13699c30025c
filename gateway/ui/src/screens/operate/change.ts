/** A change of what serves a type, as it is asked for and confirmed. */

import type { CommandSpec } from '../../command/command';
import { activate, rollBack, type Forces } from './actions';
import type { AuditLine, AuditWhat, ModuleInfo, Plan, States } from './model';
import { newerStates, rollBackTarget, type Kind, type Standing } from './offers';
import { counted, share, short } from './words';

export interface Change {
  kind: Kind;
  actorType: string;
  /** What serves now; `undefined` of a type that nothing has served yet. */
  from: string | undefined;
  /** What is to serve; of a trial what is beside it. */
  to: string;
  /** The shares of `to`, before and after. */
  before: number;
  after: number;
  /** Of the plan that was looked at; a first module has none. */
  version: number | undefined;
}

/** What is asked for, if there is anything to ask for. */
export function changeOf(
  kind: Kind,
  standing: Standing,
  digest: string | undefined,
  percent = 100,
): Change | undefined {
  const { plan } = standing;
  if (!plan) return firstOf(kind, standing, digest);
  const { actorType, current, trial, version } = plan;
  const has = trial?.digest === digest ? (trial?.percent ?? 0) : 0;
  if (kind === 'take-back') {
    if (!trial) return undefined;
    const { digest: to, percent: before } = trial;
    return { kind, actorType, from: current, to, before, after: 0, version };
  }
  if (kind === 'roll-back') {
    const to = rollBackTarget(standing);
    if (to === undefined) return undefined;
    return { kind, actorType, from: current, to, before: 0, after: 100, version };
  }
  if (digest === undefined) return undefined;
  const after = kind === 'activate' ? 100 : percent;
  return { kind, actorType, from: current, to: digest, before: has, after, version };
}

/** The first module of a type takes nobody's place. */
function firstOf(kind: Kind, { modules }: Standing, to: string | undefined): Change | undefined {
  const module = modules.find(({ digest }) => digest === to);
  if (kind !== 'activate' || !module) return undefined;
  const { actorType, digest } = module;
  return {
    kind,
    actorType,
    from: undefined,
    to: digest,
    before: 0,
    after: 100,
    version: undefined,
  };
}

export function specOf(
  { kind, actorType, to, after, version }: Change,
  forces: Forces,
): CommandSpec {
  switch (kind) {
    case 'take-back':
    case 'roll-back':
      return rollBack(actorType, version ?? 0);
    case 'activate':
      return activate(actorType, to, undefined, version, forces);
    default:
      return activate(actorType, to, after, version, forces);
  }
}

export function titleOf({ kind, actorType, to, after }: Change): string {
  const module = short(to);
  switch (kind) {
    case 'trial':
      return `Put ${module} on trial for ${actorType} with ${share(after)}`;
    case 'raise':
      return `Raise the share of ${module} to ${share(after)}`;
    case 'take-back':
      return `Take ${module} back`;
    case 'activate':
      return `Let ${module} serve ${actorType}`;
    case 'roll-back':
      return `Roll ${actorType} back to ${module}`;
  }
}

export function buttonOf({ kind, after }: Pick<Change, 'kind' | 'after'>): string {
  switch (kind) {
    case 'trial':
      return `Put on trial with ${share(after)}`;
    case 'raise':
      return `Raise to ${share(after)}`;
    case 'take-back':
      return 'Take it back';
    case 'activate':
      return 'Activate for everybody';
    case 'roll-back':
      return 'Roll back';
  }
}

const WHAT: Record<Kind, AuditWhat> = {
  trial: 'canary',
  raise: 'canary',
  activate: 'activated',
  'take-back': 'rolled-back',
  'roll-back': 'rolled-back',
};

/** What the audit log says of the change that was sent, refused or not. */
export function lineOf(
  { kind, actorType, from, to }: Change,
  audit: AuditLine[],
  known: ReadonlySet<string>,
  keyOf: (line: AuditLine) => string,
): AuditLine | undefined {
  // Of a way back the log names what was taken back.
  const digest = kind === 'roll-back' ? from : to;
  const wanted = [WHAT[kind], 'refused'];
  return audit.find(
    (line) =>
      line.actorType === actorType &&
      line.digest === digest &&
      wanted.includes(line.what) &&
      !known.has(keyOf(line)),
  );
}

/** What becomes of states, in sentences. */
export function statesWords(
  { kind, from, to }: Change,
  modules: ReadonlyMap<string, ModuleInfo>,
  states: States | undefined,
): string[] {
  if (from === undefined) return ['No actor of this type has a state yet.'];
  const [old, next] = [modules.get(from)?.schema, modules.get(to)?.schema];
  if (old === undefined || next === undefined) return [];
  if (old === next) return [`Both read and write state layout ${old}. Nothing is migrated.`];
  const layouts = layoutsOf(states);
  const newer = newerStates(Math.min(old, next), layouts);
  const counts = states && `${counted(newer, 'actor')} of ${counted(states.actors, 'actor')}`;
  const have = counts
    ? `${states?.more ? 'At least ' : ''}${counts} ${newer === 1 ? 'has' : 'have'} layout ${Math.max(old, next)} now.`
    : undefined;
  const words = [`State layout ${old} → ${next}.`, have];
  if (kind === 'take-back') {
    words.push(
      next > old
        ? `It keeps those, since ${short(from)} cannot read them, and gets no others.`
        : 'They go on under what serves.',
    );
  } else if (next > old) {
    words.push(
      'An actor whose state is older is migrated in its first turn under it. Older code is never given newer state: there is no way back for those.',
    );
  } else {
    words.push('It is refused while there are actors whose state it cannot read.');
  }
  return words.filter((text) => text !== undefined);
}

export function layoutsOf(states: States | undefined): Map<number, number> | undefined {
  return states && new Map(states.layouts.map(({ schema, actors }) => [schema, actors]));
}

/** What becomes of what is being done at this moment. */
export function turnsWords({ kind }: Change, atWork: number | undefined): string {
  const now = atWork === undefined ? '' : `${counted(atWork, 'actor')} at work now. `;
  const back = kind === 'take-back' ? 'what serves' : 'the new one';
  return `${now}A turn that has begun ends on the module it began on; the next turn of an actor that changes hands has ${back}. Timers, reminders, events and queued messages stay.`;
}

/** Which words of a refusal say that it may be insisted on. */
export function insistable(detail: string): keyof Forces | undefined {
  if (detail.includes('--force-unreadable')) return 'forceUnreadable';
  return detail.includes('--force ') ? 'force' : undefined;
}

/**
 * Whether it is as it was asked for. Sent again after an answer that was lost, a change is refused
 * since it has happened already.
 */
export function isReached({ kind, from, to, after }: Change, plan: Plan | undefined): boolean {
  if (!plan) return false;
  if (kind === 'activate' || kind === 'roll-back') return plan.current === to;
  const has = plan.trial?.digest === to ? plan.trial.percent : 0;
  return plan.current === from && has === after;
}

/** Of the plan when the screen was looked at; another one may have changed it since. */
export function isStill(change: Change, plan: Plan | undefined): boolean {
  if (plan?.current !== change.from) return false;
  if (!plan) return true;
  const has = plan.trial?.digest === change.to ? plan.trial.percent : 0;
  return has === change.before || change.kind === 'roll-back';
}
