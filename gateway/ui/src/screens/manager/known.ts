/** Everything that is known of a restaurant, kept while the stream tells of it; no framework. */

import type { Entities } from '../../stream/entities';
import type {
  Alert,
  BoardDriver,
  BoardOrder,
  Figures,
  KitchenFigures,
  Position,
  Restaurant,
  Station,
  StockLine,
} from './model';
import { COLUMNS, lateness, Orders, type ColumnName } from './orders';
import { idOf, keyOf, kindOf, type Kind, type ManagerEntity } from './source';

/** What is looked at apart, so that a change of one thing draws nothing else again. */
export type Topic = Exclude<Kind, 'order'> | ColumnName | 'orders' | 'late';

export const TOPICS: Topic[] = [
  ...(['driver', 'position', 'alert', 'stock', 'restaurant', 'figures', 'kitchen'] as const),
  ...(['chefs', 'orders', 'late'] as const),
  ...COLUMNS,
];

export interface LateOrder {
  order: BoardOrder;
  since: number;
}

export class Known {
  readonly orders = new Orders();
  readonly drivers = new Map<string, BoardDriver>();
  readonly positions = new Map<string, Position>();
  readonly alerts = new Map<string, Alert>();
  readonly stock = new Map<string, StockLine>();
  restaurant: Restaurant | undefined;
  figures: Figures | undefined;
  kitchen: KitchenFigures | undefined;
  chefs: Station[] | undefined;

  /** @returns what is not as it was */
  take(changed: ReadonlySet<string>, entities: Entities<ManagerEntity>): ReadonlySet<Topic> {
    const touched = new Set<Topic>();
    for (const key of changed) {
      const kind = kindOf(key);
      const value = entities.get(key)?.value;
      if (kind === 'order') this.#takeOrder(idOf(key), value as BoardOrder | undefined, touched);
      else {
        this.#takeOther(kind, idOf(key), value);
        touched.add(kind);
      }
    }
    // A screen that stands for a day does not remember each order of it.
    for (const orderId of this.orders.forgettable()) {
      entities.drop(keyOf('order', orderId));
      this.orders.remove(orderId);
    }
    return touched;
  }

  /** Those that stand still, and those that were promised for earlier; the longest first. */
  late(now: number): LateOrder[] {
    const late = [...this.orders.late()];
    const known = new Set(late.map(({ order }) => order.orderId));
    for (const order of this.orders.open()) {
      const since = known.has(order.orderId) ? undefined : lateness(order, now);
      if (since !== undefined) late.push({ order, since });
    }
    return late.sort((a, b) => a.since - b.since);
  }

  /** The newest version that is known, also by a position of its driver. */
  versionOf({ orderId, version, driverId }: BoardOrder): number {
    const seen = driverId === undefined ? undefined : this.positions.get(driverId)?.order;
    return seen?.orderId === orderId ? Math.max(version, seen.version) : version;
  }

  #takeOrder(orderId: string, order: BoardOrder | undefined, touched: Set<Topic>): void {
    const before = this.orders.get(orderId);
    const columns = order ? this.orders.put(order) : this.orders.remove(orderId);
    for (const column of columns) touched.add(column);
    touched.add('orders');
    // All of them are looked through each second; at once only where the server has said so.
    if (before?.late || order?.late) touched.add('late');
  }

  #takeOther(kind: Exclude<Kind, 'order'>, id: string, value: ManagerEntity | undefined): void {
    switch (kind) {
      case 'driver':
        return keep(this.drivers, id, value as BoardDriver | undefined);
      case 'position':
        return keep(this.positions, id, value as Position | undefined);
      case 'alert':
        return keep(this.alerts, id, value as Alert | undefined);
      case 'stock':
        return keep(this.stock, id, value as StockLine | undefined);
      case 'restaurant':
        this.restaurant = value as Restaurant | undefined;
        return;
      case 'figures':
        this.figures = value as Figures | undefined;
        return;
      case 'kitchen':
        this.kitchen = value as KitchenFigures | undefined;
        return;
      case 'chefs':
        this.chefs = (value as { stations: Station[] } | undefined)?.stations;
    }
  }
}

function keep<T>(things: Map<string, T>, id: string, value: T | undefined): void {
  if (value === undefined) things.delete(id);
  else things.set(id, value);
}

/** A set with one more, for what compares sets by which they are. */
export function withOne<T>(set: ReadonlySet<T>, one: T): ReadonlySet<T> {
  return new Set([...set, one]);
}

export function byId(orders: BoardOrder[]): Map<string, BoardOrder> {
  return new Map(orders.map((order) => [order.orderId, order]));
}

export function sinceById(late: LateOrder[]): ReadonlyMap<string, number> {
  return new Map(late.map(({ order, since }) => [order.orderId, since]));
}
