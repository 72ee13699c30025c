/** Who caused a step, in words. */

import type { Step } from '../../api/model';
import { shortName } from './model';

const WORDS: Record<string, (key: string) => string> = {
  chef: (key) => `by chef ${shortName(key)}`,
  driver: (key) => `by ${shortName(key)}`,
  kitchen: () => 'by the kitchen',
  restaurant: () => 'by the restaurant',
  inventory: () => 'by the stock',
  order: () => 'by itself',
};

/** @param by an actor, as `chef/napoli.1`; absent where somebody asked for it on a page */
export function causeWords({ to, by }: Pick<Step, 'to' | 'by'>): string {
  // Whoever ordered is named further down.
  if (by === undefined) return to === 'created' ? '' : 'by hand';
  const [type = '', key = ''] = by.split('/');
  return WORDS[type]?.(key) ?? `by ${by}`;
}
