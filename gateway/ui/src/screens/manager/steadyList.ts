/** What a list that holds still shows next. */

import { steady } from '../kitchen/steady';

export interface Next {
  shown: string[];
  /** So many would be there that are not shown yet. */
  fresh: number;
  /** Those that were not there before. */
  came: ReadonlySet<string>;
  isSame: boolean;
}

export function nextList(before: string[], wanted: string[], isHeld: boolean): Next {
  const { order, fresh } = steady(before, wanted, isHeld);
  const known = new Set(before);
  const came = new Set(order.filter((id) => !known.has(id)));
  const isSame = order.length === before.length && order.every((id, n) => id === before[n]);
  return { shown: isSame ? before : order, fresh, came, isSame };
}

export const NONE: ReadonlySet<string> = new Set<string>();
