/**
 * The orders of a restaurant in columns by state, kept in order while they change one by one:
 * there may be thousands, and fifty changes a second.
 */

import type { BoardOrder, OrderStatus } from './model';

export const COLUMNS = ['created', 'preparing', 'baking', 'ready', 'outForDelivery'] as const;
export type ColumnName = (typeof COLUMNS)[number];

export const COLUMN_TITLES: Record<ColumnName, string> = {
  created: 'New',
  preparing: 'Making',
  baking: 'Oven',
  ready: 'Ready',
  outForDelivery: 'Road',
};

/** As many cards are drawn in a column; all of them would hold up the page. */
export const DRAWN_MAX = 60;
/** Orders that are over are remembered for whoever has them open. */
export const ENDED_MAX = 100;

interface Placed {
  order: BoardOrder;
  createdAt: number;
  column: ColumnName | undefined;
  lateSince: number | undefined;
}

export function columnOf(status: OrderStatus): ColumnName | undefined {
  return COLUMNS.find((name) => name === status);
}

export class Orders {
  readonly #placed = new Map<string, Placed>();
  readonly #columns: Record<ColumnName, Placed[]> = {
    created: [],
    preparing: [],
    baking: [],
    ready: [],
    outForDelivery: [],
  };
  readonly #late = new Set<Placed>();
  /** In the order in which they ended. */
  readonly #ended = new Set<string>();

  /** @returns the columns that are not as they were */
  put(order: BoardOrder): ColumnName[] {
    const before = this.#placed.get(order.orderId);
    if (before) this.#takeOut(before);
    const placed: Placed = {
      order,
      createdAt: Date.parse(order.createdAt),
      column: columnOf(order.status),
      lateSince: lateSince(order, before),
    };
    this.#placed.set(order.orderId, placed);
    if (placed.column) {
      const column = this.#columns[placed.column];
      column.splice(rank(column, placed), 0, placed);
      if (placed.lateSince !== undefined) this.#late.add(placed);
    } else {
      this.#ended.add(order.orderId);
    }
    return changed(before?.column, placed.column);
  }

  remove(orderId: string): ColumnName[] {
    const before = this.#placed.get(orderId);
    if (!before) return [];
    this.#takeOut(before);
    this.#placed.delete(orderId);
    return changed(before.column, undefined);
  }

  get(orderId: string): BoardOrder | undefined {
    return this.#placed.get(orderId)?.order;
  }

  count(column: ColumnName): number {
    return this.#columns[column].length;
  }

  /** The oldest first, for they are the ones that can be late. */
  oldest(column: ColumnName, most = Infinity): BoardOrder[] {
    return this.#columns[column].slice(0, most).map(({ order }) => order);
  }

  get underWay(): number {
    return COLUMNS.reduce((sum, name) => sum + this.#columns[name].length, 0);
  }

  /** All that are not over. */
  *open(): Generator<BoardOrder> {
    for (const name of COLUMNS) for (const { order } of this.#columns[name]) yield order;
  }

  /** Those that the server says are late, and since when. */
  *late(): Generator<{ order: BoardOrder; since: number }> {
    for (const { order, lateSince: since } of this.#late)
      if (since !== undefined) yield { order, since };
  }

  *ended(): Generator<BoardOrder> {
    for (const orderId of this.#ended) {
      const order = this.get(orderId);
      if (order) yield order;
    }
  }

  /** Those that were over first, and are too many by now. */
  forgettable(): string[] {
    return [...this.#ended].slice(0, Math.max(0, this.#ended.size - ENDED_MAX));
  }

  #takeOut(placed: Placed): void {
    this.#late.delete(placed);
    this.#ended.delete(placed.order.orderId);
    if (!placed.column) return;
    const column = this.#columns[placed.column];
    column.splice(rank(column, placed), 1);
  }
}

/** An event says that it is late and not since when: since it was first heard. */
function lateSince(order: BoardOrder, before: Placed | undefined): number | undefined {
  if (!order.late) return undefined;
  if (order.lateSince !== undefined) return Date.parse(order.lateSince);
  return before?.lateSince ?? Date.parse(order.updatedAt);
}

/** Where it is in its column, or would be. */
function rank(column: Placed[], placed: Placed): number {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = column[middle];
    if (other && compare(other, placed) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(a: Placed, b: Placed): number {
  // Two at the same moment keep their places by their names.
  return (
    a.createdAt - b.createdAt ||
    (a.order.orderId < b.order.orderId ? -1 : Number(a.order.orderId > b.order.orderId))
  );
}

function changed(before: ColumnName | undefined, after: ColumnName | undefined): ColumnName[] {
  const columns = before === after ? [after] : [before, after];
  return columns.filter((column) => column !== undefined);
}

/** What somebody may look for in an order; all words have to be there. */
export function matches(order: BoardOrder, wanted: string): boolean {
  const { orderId, customerId, customerName, deliveryAddress, driverId } = order;
  const text = [orderId, customerId, customerName, deliveryAddress, driverId]
    .join(' ')
    .toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The promise was broken, or the order stands still: since when. */
export function lateness(order: BoardOrder, now: number): number | undefined {
  const promised = Date.parse(order.estimatedDeliveryAt ?? '');
  return promised < now ? promised : undefined;
}
