/**
 * Whether the plans on the screen are those by which the silos serve. A tab that listens to
 * another tab's stream may have missed how a plan changed; the figures say whom they are of.
 */

import type { Plan, Rates } from './model';

/** What the figures say otherwise than the plans; empty where both agree. */
export function disagreement(plans: Plan[], { rates }: Rates): string {
  const byType = new Map(plans.map((plan) => [plan.actorType, plan]));
  const others = rates.filter(({ actorType, role, digest, percent }) => {
    const plan = byType.get(actorType);
    if (!plan) return true;
    if (role === 'current') return plan.current !== digest;
    return plan.trial?.digest !== digest || plan.trial.percent !== percent;
  });
  return others.map(({ actorType, role, digest }) => `${actorType} ${role} ${digest}`).join('\n');
}

/** Figures of the moment before a change come a moment after it. */
const IN_A_ROW = 3;

export class Watch {
  #seen = '';
  #times = 0;
  readonly #tried = new Set<string>();

  /** @returns whether the plans are to be read again, which is tried once for each disagreement */
  see(found: string): boolean {
    this.#times = found === this.#seen ? this.#times + 1 : 1;
    this.#seen = found;
    if (found === '' || this.#times < IN_A_ROW || this.#tried.has(found)) return false;
    // Where one silo alone serves another module, both are right, and stay so.
    this.#tried.add(found);
    return true;
  }
}
