import { describe, expect, it, vi } from 'vitest';
import { Entities } from '../../stream/entities';
import { StubFetcher } from '../../stream/stubs';
import { at, boardOf, driverOf, NOON, orderOf, stockOf } from './fixtures';
import { Known } from './known';
import type { Board, BoardOrder } from './model';
import { keyOf, Meaning, type ManagerEntity } from './source';

interface Told {
  name: string;
  id?: number;
  data: unknown;
}

/** A store's entities, and what the screen knows by them. */
function held(board: Board) {
  const meaning = new Meaning();
  const entities = new Entities<ManagerEntity>();
  const known = new Known();
  const wanted: string[] = [];
  const look = () => known.take(entities.takeChanged(), entities);
  entities.replaceAll(meaning.entitiesOf(board));
  look();
  return {
    entities,
    known,
    wanted,
    look,
    tell({ name, id, data }: Told) {
      const event = { name, id: id === undefined ? undefined : String(id) };
      for (const change of meaning.changesOf({ ...event, data: JSON.stringify(data) }))
        if (entities.apply(change)) wanted.push(change.key);
      return look();
    },
    reload(again: Board) {
      entities.replaceAll(meaning.entitiesOf(again));
      return look();
    },
  };
}

const status = (id: number, order: Partial<BoardOrder> & { orderId: string }): Told => {
  const { updatedAt, remakes, since, lateSince, ...told } = orderOf(order.orderId, order);
  void [remakes, since, lateSince];
  return { name: 'status', id, data: { ...told, at: updatedAt } };
};

describe("a restaurant's stream", () => {
  it('moves an order by its version, whatever comes first', () => {
    const { known, tell } = held(boardOf({ orders: [orderOf('a', { version: 1 })] }));
    tell(status(13, { orderId: 'a', version: 3, status: 'baking', from: 'preparing' }));
    tell(status(12, { orderId: 'a', version: 2, status: 'preparing', from: 'created' }));
    expect(known.orders.get('a')).toMatchObject({ status: 'baking', version: 3 });
    expect(known.orders.count('preparing')).toBe(0);
  });

  it('counts the same event once', () => {
    const { known, tell } = held(boardOf());
    const first = status(11, { orderId: 'a' });
    expect(tell(first)).toContain('created');
    expect(tell(first).size).toBe(0);
    expect(known.orders.count('created')).toBe(1);
  });

  it('drops what is older than the board', () => {
    const { known, tell } = held(
      boardOf({ orders: [orderOf('a', { version: 4, status: 'ready' })] }),
    );
    tell(status(9, { orderId: 'a', version: 3, status: 'baking' }));
    expect(known.orders.get('a')?.status).toBe('ready');
  });

  it('needs no question for an order whose first event it hears', () => {
    const { known, tell, wanted } = held(boardOf());
    tell(status(11, { orderId: 'a', customerName: 'Anna', deliveryAddress: 'Via Roma 1' }));
    expect(wanted).toEqual([]);
    expect(known.orders.get('a')).toMatchObject({ customerName: 'Anna', remakes: 0 });
  });

  it('draws an unknown order as a stub, and fills it in when it has been asked for', async () => {
    const { entities, known, tell, wanted, look } = held(boardOf());
    tell(status(11, { orderId: 'a', version: 5, status: 'ready', driverId: 'driver-1' }));
    expect(wanted).toEqual([keyOf('order', 'a')]);
    expect(known.orders.get('a')).toMatchObject({ status: 'ready' });
    const value = orderOf('a', { version: 4, status: 'baking', customerName: 'Anna' });
    const fetchOne = vi.fn(async (key: string) => ({ key, version: 4, value }));
    const stubs = new StubFetcher({ fetchOne } as never, entities, look);
    stubs.want(keyOf('order', 'a'));
    await vi.waitFor(() => expect(known.orders.get('a')?.customerName).toBe('Anna'));
    // The event had told of a newer version than the answer.
    expect(known.orders.get('a')).toMatchObject({ status: 'ready', version: 5 });
  });

  it('drops a stub of which nobody knows more', async () => {
    const { entities, known, tell, look } = held(boardOf());
    tell(status(11, { orderId: 'a', version: 5, status: 'ready' }));
    const stubs = new StubFetcher({ fetchOne: async () => undefined } as never, entities, look);
    stubs.want(keyOf('order', 'a'));
    await vi.waitFor(() => expect(known.orders.count('ready')).toBe(0));
    expect(stubs.dropped).toBe(1);
  });

  it('is what the board says after a gap', () => {
    const { known, reload } = held(boardOf({ orders: [orderOf('a'), orderOf('b')] }));
    const touched = reload(
      boardOf({
        position: 90,
        orders: [orderOf('b'), orderOf('c', { status: 'baking', version: 3 })],
      }),
    );
    expect([...known.orders.open()].map(({ orderId }) => orderId)).toEqual(['b', 'c']);
    expect(touched).toContain('baking');
    // What is the same in both is not drawn again.
    expect(touched).not.toContain('ready');
  });

  it('forgets a driver who gave an order back', () => {
    const { known, tell } = held(
      boardOf({ orders: [orderOf('a', { status: 'ready', version: 4, driverId: 'd' })] }),
    );
    tell({ ...status(11, { orderId: 'a', status: 'ready', version: 5 }), name: 'driver' });
    expect(known.orders.get('a')?.driverId).toBeUndefined();
  });

  it('keeps since when an order is late, which events do not say', () => {
    const { known, tell } = held(boardOf({ orders: [orderOf('a', { version: 1 })] }));
    tell(status(11, { orderId: 'a', version: 2, late: true, updatedAt: at(10) }));
    tell(status(12, { orderId: 'a', version: 3, late: true, updatedAt: at(14) }));
    expect(known.late(NOON)[0]?.since).toBe(Date.parse(at(10)));
    const touched = tell(
      status(13, { orderId: 'a', version: 4, status: 'preparing', from: 'created' }),
    );
    expect(touched).toContain('late');
    expect(known.late(NOON)).toEqual([]);
  });
});

describe('drivers in the stream', () => {
  const place = (id: number, ms: number, more: unknown[] = [null, null]): Told => ({
    name: 'positions',
    id,
    data: [['d', 40.8, 14.2, 90, ms, ...more]],
  });

  it('are where they were last, by the time of the place', () => {
    const { known, tell } = held(boardOf({ drivers: [driverOf('d')] }));
    tell(place(11, NOON + 2_000));
    tell({ name: 'positions', id: 12, data: [['d', 1, 1, null, NOON + 1_000, null, null]] });
    expect(known.positions.get('d')).toMatchObject({ at: NOON + 2_000, heading: 90 });
  });

  it('bring their order further, which counts for If-Match and draws no column again', () => {
    const order = orderOf('a', { status: 'outForDelivery', version: 5, driverId: 'd' });
    const { known, tell } = held(boardOf({ orders: [order], drivers: [driverOf('d')] }));
    const touched = tell(place(11, NOON, ['a', 9]));
    expect([...touched]).toEqual(['position']);
    expect(known.versionOf(order)).toBe(9);
    // A status that comes later with a lower version than the position's is no old news.
    tell(status(12, { orderId: 'a', version: 6, status: 'delivered', from: 'outForDelivery' }));
    expect(known.orders.get('a')?.status).toBe('delivered');
  });

  it('lose what they do not have any more', () => {
    const busy = driverOf('d', { status: 'busy', orderId: 'a' });
    const { known, tell } = held(boardOf({ drivers: [busy] }));
    tell({ name: 'driver-state', id: 11, data: { at: at(1), driver: driverOf('d') } });
    expect(known.drivers.get('d')).toMatchObject({ status: 'available', orderId: undefined });
  });
});

describe('what the gateway looks at itself', () => {
  it('is replaced by what comes last, which has no version', () => {
    const { known, tell } = held(boardOf({ stock: [stockOf('basil', 50), stockOf('oil', 9)] }));
    tell({ name: 'stock', data: { at: at(1), stock: [stockOf('basil', 10)] } });
    tell({ name: 'stock', data: { at: at(0), stock: [stockOf('basil', 60)] } });
    expect(known.stock.get('basil')?.onHand).toBe(60);
    expect(known.stock.get('oil')?.onHand).toBe(9);
  });

  it('knows an alert by its number, seen or not', () => {
    const alert = { id: 3, kind: 'overheat', message: 'm', at: at(0), severity: 'critical' };
    const { known, tell } = held(boardOf());
    tell({ name: 'alert', id: 11, data: alert });
    tell({ name: 'alert', id: 12, data: { ...alert, seenAt: at(1), seenBy: 'manager/napoli' } });
    expect([...known.alerts.values()]).toEqual([
      expect.objectContaining({ id: 3, seenBy: 'manager/napoli' }),
    ]);
  });

  it('passes over what it does not understand', () => {
    const { tell } = held(boardOf());
    expect(tell({ name: 'something', id: 11, data: { at: at(0) } }).size).toBe(0);
    expect(tell({ name: 'positions', id: 12, data: {} }).size).toBe(0);
    expect(tell({ name: 'driver-state', id: 13, data: [] }).size).toBe(0);
  });
});
