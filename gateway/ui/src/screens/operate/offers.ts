/**
 * What may be done with a module now. What makes no sense is not offered, and the reason stands
 * where it would be.
 */

import type { ModuleInfo, Plan } from './model';
import { count, counted, share, short } from './words';

export type Kind = 'trial' | 'raise' | 'take-back' | 'activate' | 'roll-back';

export type Offer = { isOffered: true } | { isOffered: false; why: string };

const YES: Offer = { isOffered: true };
const no = (why: string): Offer => ({ isOffered: false, why });

/** What is known of one type when it is asked what may be done. */
export interface Standing {
  plan: Plan | undefined;
  modules: ModuleInfo[];
  /** How many actors have a state of each layout; absent where nobody has counted. */
  layouts?: ReadonlyMap<number, number> | undefined;
}

export type Part = 'serves' | 'trial' | 'holds' | 'idle';

/** What a module does for its type. One with a share of nothing only holds what it has migrated. */
export function partOf(digest: string, plan: Plan | undefined): Part {
  if (plan?.current === digest) return 'serves';
  if (plan?.trial?.digest !== digest) return 'idle';
  return plan.trial.percent > 0 ? 'trial' : 'holds';
}

export function mayTry(module: ModuleInfo, standing: Standing): Offer {
  const { plan } = standing;
  const part = partOf(module.digest, plan);
  if (part === 'serves') return no('Serves already.');
  if (part === 'trial') return no(`Is on trial already, with ${share(plan?.trial?.percent ?? 0)}.`);
  if (!plan) return no('Nothing serves this type yet: a first module serves everybody.');
  if (plan.trial && plan.trial.digest !== module.digest && plan.trial.percent > 0) {
    return no(`${short(plan.trial.digest)} is on trial: take it back, or activate it, first.`);
  }
  return withdrawnOr(module, newerOr(module, standing));
}

export function mayRaise(module: ModuleInfo, { plan }: Standing): Offer {
  if (partOf(module.digest, plan) !== 'trial') return no('Is not on trial.');
  if ((plan?.trial?.percent ?? 0) >= 100) return no('Has 100 % already: activate it.');
  return YES;
}

export function mayTakeBack(module: ModuleInfo, { plan }: Standing): Offer {
  const part = partOf(module.digest, plan);
  if (part === 'trial') return YES;
  return no(
    part === 'holds'
      ? 'Was taken back. It keeps the actors whose state only it can read.'
      : 'Is not on trial.',
  );
}

export function mayActivate(module: ModuleInfo, standing: Standing): Offer {
  if (partOf(module.digest, standing.plan) === 'serves') return no('Serves already.');
  return withdrawnOr(module, newerOr(module, standing));
}

/** Of a whole type: to what served before. */
export function mayRollBack(standing: Standing): Offer {
  const { plan, modules } = standing;
  if (!plan) return no('Nothing serves this type.');
  if (plan.trial && plan.trial.percent > 0) {
    return no(`${short(plan.trial.digest)} is on trial: take it back first.`);
  }
  const target = rollBackTarget(standing);
  if (target === undefined) {
    return no(
      plan.before.length === 0
        ? 'Nothing served before this module.'
        : 'All that served before was withdrawn.',
    );
  }
  const module = modules.find(({ digest }) => digest === target);
  return module ? newerOr(module, standing) : YES;
}

/** What would serve after a roll back: the latest that was not withdrawn. */
export function rollBackTarget({ plan, modules }: Standing): string | undefined {
  const withdrawn = new Set(modules.filter((m) => m.withdrawn).map(({ digest }) => digest));
  return plan?.before.findLast((digest) => !withdrawn.has(digest));
}

/** How many actors have a state that a module of this layout cannot read. */
export function newerStates(schema: number, layouts: Standing['layouts']): number {
  let newer = 0;
  for (const [layout, actors] of layouts ?? []) if (layout > schema) newer += actors;
  return newer;
}

function newerOr(module: ModuleInfo, { layouts }: Standing): Offer {
  const newer = newerStates(module.schema, layouts);
  if (newer === 0) return YES;
  const newest = Math.max(...(layouts?.keys() ?? []));
  return no(
    `State layout ${newest} is newer than what this module reads (${module.schema}): ${counted(newer, 'actor')}.`,
  );
}

function withdrawnOr(module: ModuleInfo, offer: Offer): Offer {
  const { withdrawn } = module;
  return withdrawn ? no(`Withdrawn by the ${withdrawn.by}: ${withdrawn.why}`) : offer;
}

/** The usual shares, for steps on the way to everybody. */
export const SHARES = [1, 5, 10, 25, 50, 100] as const;

/** A share that was typed, or why it is none. A share never shrinks: that is a take back. */
export function shareOf(text: string, has: number): { percent: number } | { why: string } {
  const percent = Number(text.trim().replace(',', '.').replace(/\s*%$/, ''));
  if (text.trim() === '' || Number.isNaN(percent)) return { why: 'Enter a number, as 10.' };
  if (percent <= 0 || percent > 100) return { why: 'A share is more than 0 and at most 100.' };
  if (percent < has) {
    return { why: `It has ${share(has)}, and a share only grows. Take it back to end the trial.` };
  }
  if (percent === has) return { why: `It has ${share(has)} already.` };
  return { percent };
}

/** From so many actors in memory on a name is typed before everybody is touched. */
const MANY = 1_000;

export function mustTypeName(kind: Kind, inMemory: number | undefined): boolean {
  if (kind !== 'activate' && kind !== 'roll-back') return false;
  // Where nobody knows how many there are, there may be many.
  return inMemory === undefined || inMemory > MANY;
}

export function manyWords(inMemory: number | undefined): string {
  return inMemory === undefined
    ? 'Nobody knows how many actors are in memory.'
    : `${count(inMemory)} actors are in memory.`;
}
