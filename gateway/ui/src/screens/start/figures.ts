/** The live line of figures in words. */

import type { Overview } from '../../api/overview';

export interface Totals {
  underWay: number;
  /** `undefined` where one of them cannot tell. */
  late: number | undefined;
  onTheRoad: number;
}

export function totals({ restaurants }: Overview): Totals {
  const sum = (of: (restaurant: Overview['restaurants'][number]) => number) =>
    restaurants.reduce((total, restaurant) => total + of(restaurant), 0);
  return {
    underWay: sum(({ underWay }) => underWay),
    late: restaurants.every(({ late }) => late !== undefined)
      ? sum(({ late }) => late ?? 0)
      : undefined,
    onTheRoad: sum(({ driving }) => driving),
  };
}

/** "1 order", "18 orders". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
