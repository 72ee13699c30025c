/** What is new since somebody was told last, in one sentence. */

import type { BoardOrder } from './model';

export interface Seen {
  underWay: ReadonlySet<string>;
  late: number;
  needs: number;
}

export interface News {
  fresh: number;
  gone: number;
  late: number;
  needs: number;
}

export function look(orders: BoardOrder[], late: number, needs: number): Seen {
  return { underWay: new Set(orders.map(({ orderId }) => orderId)), late, needs };
}

export function newsSince(before: Seen, after: Seen): News {
  const without = (a: ReadonlySet<string>, b: ReadonlySet<string>) => {
    let count = 0;
    for (const id of a) if (!b.has(id)) count++;
    return count;
  };
  return {
    fresh: without(after.underWay, before.underWay),
    gone: without(before.underWay, after.underWay),
    late: Math.max(0, after.late - before.late),
    needs: Math.max(0, after.needs - before.needs),
  };
}

/** "3 new orders, 1 late."; empty if nothing is worth a word. */
export function newsWords({ fresh, gone, late, needs }: News): string {
  const parts = [
    fresh > 0 && `${fresh} new ${fresh === 1 ? 'order' : 'orders'}`,
    gone > 0 && `${gone} finished`,
    late > 0 && `${late} more late`,
    needs > late && `${needs} more ${needs === 1 ? 'thing needs' : 'things need'} you`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? `${parts.join(', ')}.` : '';
}
