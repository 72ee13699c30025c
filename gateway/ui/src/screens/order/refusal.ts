/** Why an order was not taken, as far as the basket can do something about it. */

import type { Recipe, RejectedProblem } from '../../api/model';
import type { Problem } from '../../api/problem';

export interface Refused {
  pizzaType: string;
  /** In words, as "not enough mozzarella". */
  why: string;
  alternatives: string[];
}

export type Refusal =
  | { kind: 'lines'; lines: Refused[] }
  | { kind: 'closed' }
  /** The fields say it. */
  | { kind: 'fields' }
  | { kind: 'other' };

export function refusalOf(problem: Problem, ordered: string[], menu: Recipe[]): Refusal {
  if (problem.status === 422) return { kind: 'fields' };
  if (problem.code !== 'rejected') return { kind: 'other' };
  const { reason, missing = [], alternatives = [] } = problem.members as Partial<RejectedProblem>;
  if (reason === 'closed') return { kind: 'closed' };
  const lacking = new Set(missing.map(({ ingredient }) => ingredient));
  const lines = ordered.flatMap((pizzaType) => {
    const why = whyNot(
      menu.find((recipe) => recipe.pizzaType === pizzaType),
      lacking,
    );
    return why
      ? [{ pizzaType, why, alternatives: alternatives.filter((a) => a !== pizzaType) }]
      : [];
  });
  return lines.length > 0 ? { kind: 'lines', lines } : { kind: 'other' };
}

function whyNot(recipe: Recipe | undefined, lacking: Set<string>): string | undefined {
  if (!recipe) return 'it is not on the menu any more';
  const short = recipe.ingredients
    .map(({ ingredient }) => ingredient)
    .filter((i) => lacking.has(i));
  return short.length > 0 ? `not enough ${short.join(', ')}` : undefined;
}
