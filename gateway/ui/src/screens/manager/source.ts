/** The stream of one restaurant: its orders, drivers, stock, alerts and figures. */

import { ApiError } from '../../api/problem';
import { read } from '../../api/read';
import type { Order } from '../../api/model';
import type { components } from '../../api/types';
import {
  ordinal,
  type Change,
  type Entity,
  type Source,
  type StreamEvent,
} from '../../stream/source';
import type {
  Alert,
  Board,
  BoardDriver,
  BoardOrder,
  Figures,
  KitchenFigures,
  Position,
  Restaurant,
  Station,
  StockLine,
} from './model';

/** By the first part of an entity's key. */
export interface Things {
  order: BoardOrder;
  driver: BoardDriver;
  position: Position;
  alert: Alert;
  stock: StockLine;
  restaurant: Restaurant;
  figures: Figures;
  kitchen: KitchenFigures;
  chefs: { stations: Station[] };
}

export type Kind = keyof Things;
export type ManagerEntity = Things[Kind];

export function keyOf(kind: Kind, id = ''): string {
  return `${kind}/${id}`;
}

export function kindOf(key: string): Kind {
  return key.slice(0, key.indexOf('/')) as Kind;
}

export function idOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

export function managerSource(restaurantId: string): Source<ManagerEntity> {
  const of = encodeURIComponent(restaurantId);
  const meaning = new Meaning();
  return {
    url: `/api/dashboard/${of}/stream`,
    async snapshot(signal) {
      const board = await read('/api/restaurants/{id}/board', { id: restaurantId }, signal);
      return { position: String(board.position), entities: meaning.entitiesOf(board) };
    },
    changes: (event) => meaning.changesOf(event),
    happenedAt: momentOf,
    async fetchOne(key) {
      const order = kindOf(key) === 'order' ? await readOrder(idOf(key)) : undefined;
      return order && { key, version: order.version, value: order };
    },
  };
}

/** @returns `undefined` when there is no such order */
export async function readOrder(orderId: string): Promise<BoardOrder | undefined> {
  try {
    return ofOrder(await read('/api/orders/{id}', { id: orderId }));
  } catch (error) {
    if (error instanceof ApiError && [404, 410].includes(error.problem.status)) return undefined;
    throw error;
  }
}

/** An order as it is read alone has more, and says in its own words since when it is as it is. */
function ofOrder(order: Order): BoardOrder {
  return { ...order, ...(order.late && { lateSince: order.updatedAt }) };
}

export class Meaning {
  /**
   * What the gateway looks at itself has no versions: it tells the whole of it each time, and
   * what comes last is right.
   */
  #told = 0;

  entitiesOf(board: Board): Entity<ManagerEntity>[] {
    const { position, orders, drivers, alerts, stock, kitchen, chefs } = board;
    const told = ++this.#told;
    return [
      ...orders.map((order) => entity('order', order.orderId, order.version, order)),
      ...drivers.map((driver) => entity('driver', driver.driverId, position, driver)),
      ...drivers.flatMap((driver) => positionOf(driver)),
      ...alerts.map((alert) => entity('alert', alert.id, position, alert)),
      ...(stock ?? []).map((line) => entity('stock', line.ingredient, told, line)),
      entity('restaurant', '', position, board.restaurant),
      entity('figures', '', told, board.figures),
      ...(kitchen ? [entity('kitchen', '', told, kitchen)] : []),
      ...(chefs ? [entity('chefs', '', told, { stations: chefs })] : []),
    ];
  }

  changesOf(event: StreamEvent): Change<ManagerEntity>[] {
    const data = parse(event.data);
    if (Array.isArray(data)) return event.name === 'positions' ? data.flatMap(positionIn) : [];
    if (!data) return [];
    const position = ordinal(event.id) ?? 0;
    switch (event.name) {
      case 'status':
      case 'driver':
      case 'eta':
        return orderChange(data as unknown as OrderEvent);
      case 'driver-state':
        return data.driver ? driverChange(data.driver, position) : [];
      case 'alert':
        return [whole(entity('alert', data.id ?? position, position, data as unknown as Alert))];
      case 'restaurant':
        return data.restaurant ? [whole(entity('restaurant', '', position, data.restaurant))] : [];
      default:
        return this.#lookedAt(event.name, data);
    }
  }

  #lookedAt(name: string, { stock, kitchen, chefs, figures }: EventData): Change<ManagerEntity>[] {
    const told = ++this.#told;
    if (name === 'stock')
      return (stock ?? []).map((line) => whole(entity('stock', line.ingredient, told, line)));
    if (name === 'figures' && figures) return [whole(entity('figures', '', told, figures))];
    if (name !== 'kitchen') return [];
    return [
      ...(kitchen ? [whole(entity('kitchen', '', told, kitchen))] : []),
      ...(chefs ? [whole(entity('chefs', '', told, { stations: chefs }))] : []),
    ];
  }
}

/** What any of the events may have. */
type EventData = Partial<
  Schemas['DashboardDriverStateData'] &
    Schemas['DashboardRestaurantData'] &
    Schemas['DashboardStockData'] &
    Schemas['DashboardKitchenData'] &
    Schemas['DashboardFiguresData'] &
    Pick<Alert, 'id'>
>;

type Schemas = components['schemas'];
type OrderEvent = Schemas['DashboardStatusData'];
type PositionTuple = Schemas['DashboardPositionsData'][number];

function entity<K extends Kind>(
  kind: K,
  id: string | number,
  version: number,
  value: Things[K],
): Entity<ManagerEntity> {
  return { key: keyOf(kind, String(id)), version, value };
}

function whole({ key, version, value }: Entity<ManagerEntity>): Change<ManagerEntity> {
  return { key, version, fields: value, isWhole: true };
}

function orderChange({ at, by, ...fields }: OrderEvent): Change<ManagerEntity>[] {
  void by;
  const change: Partial<BoardOrder> = {
    // A driver who gives an order back is not in the event any more, nor in the order.
    driverId: undefined,
    from: undefined,
    ...fields,
    updatedAt: at,
    ...(fields.from !== undefined && { since: at }),
    ...(!fields.late && { lateSince: undefined }),
  };
  // The first event of an order has all of it.
  const isWhole = fields.version === 1;
  if (isWhole) Object.assign(change, { remakes: 0, since: at });
  return [
    { key: keyOf('order', fields.orderId), version: fields.version, fields: change, isWhole },
  ];
}

function driverChange(driver: BoardDriver, position: number): Change<ManagerEntity>[] {
  return [
    // Whole, so that what is no more is not left over from before.
    whole(entity('driver', driver.driverId, position, { ...NO_DRIVER, ...driver })),
    ...positionOf(driver).map(whole),
  ];
}

const NO_DRIVER = { orderId: undefined, offeredOrderId: undefined } as unknown as BoardDriver;

function positionOf(driver: BoardDriver): Entity<ManagerEntity>[] {
  const { driverId, location, locatedAt, heading } = driver;
  if (!location || locatedAt === undefined) return [];
  const at = Date.parse(locatedAt);
  return [entity('position', driverId, at, { driverId, location, heading, at })];
}

function positionIn(tuple: unknown): Change<ManagerEntity>[] {
  const [driverId, lat, lon, heading, at, orderId, version] = tuple as PositionTuple;
  const order = orderId && version ? { order: { orderId, version } } : { order: undefined };
  const position = { driverId, location: { lat, lon }, heading: heading ?? undefined, at };
  // By the time of the place itself, since a driver tells it also in other ways.
  return [whole(entity('position', driverId, at, { ...position, ...order } as Position))];
}

function parse(data: string): (EventData & { length?: undefined }) | unknown[] | undefined {
  try {
    return JSON.parse(data) as EventData | unknown[];
  } catch {
    return undefined;
  }
}

function momentOf(event: StreamEvent): number | undefined {
  // Where somebody was is told later than it was so.
  if (event.id === undefined || event.name === 'positions') return undefined;
  const data = parse(event.data);
  const at = data && !Array.isArray(data) ? data.at : undefined;
  return at === undefined ? undefined : Date.parse(at);
}
