import { describe, expect, it } from 'vitest';
import { at, NOON, orderOf } from './fixtures';
import { ENDED_MAX, lateness, matches, Orders } from './orders';

const ids = (orders: Orders, column: 'created' | 'baking') =>
  orders.oldest(column).map(({ orderId }) => orderId);

describe('the columns of a board', () => {
  it('have the oldest first, in whatever order they come', () => {
    const orders = new Orders();
    for (const minute of [3, 1, 2]) orders.put(orderOf(`o${minute}`, { createdAt: at(minute) }));
    orders.put(orderOf('o1b', { createdAt: at(1) }));
    expect(ids(orders, 'created')).toEqual(['o1', 'o1b', 'o2', 'o3']);
  });

  it('are two that change when an order moves on', () => {
    const orders = new Orders();
    orders.put(orderOf('a'));
    expect(orders.put(orderOf('a', { status: 'baking' }))).toEqual(['created', 'baking']);
    expect(ids(orders, 'created')).toEqual([]);
    expect(ids(orders, 'baking')).toEqual(['a']);
    expect(orders.underWay).toBe(1);
  });

  it('give no more than are drawn, and count all', () => {
    const orders = new Orders();
    for (let n = 0; n < 200; n++) orders.put(orderOf(`o${n}`, { createdAt: at(n) }));
    expect(orders.oldest('created', 60)).toHaveLength(60);
    expect(orders.count('created')).toBe(200);
    expect(orders.oldest('created', 1)[0]?.orderId).toBe('o0');
  });

  it('stay right while thousands of orders move by chance', () => {
    const orders = new Orders();
    const states = ['created', 'preparing', 'baking', 'ready', 'delivered'] as const;
    let chance = 1;
    const next = (below: number) => (chance = (chance * 48_271) % 2_147_483_647) % below;
    for (let n = 0; n < 4_000; n++) {
      const id = next(300);
      const state = states[next(states.length)] ?? 'created';
      if (next(20) === 0) orders.remove(`o${id}`);
      else orders.put(orderOf(`o${id}`, { status: state, createdAt: at(id % 40) }));
    }
    for (const state of ['created', 'preparing', 'baking', 'ready'] as const) {
      const column = orders.oldest(state);
      const sorted = [...column].sort(
        (a, b) =>
          Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.orderId < b.orderId ? -1 : 1),
      );
      expect(column).toEqual(sorted);
      expect(column.every(({ status }) => status === state)).toBe(true);
      expect(new Set(column).size).toBe(orders.count(state));
    }
  });

  it('forget the orders that were over first', () => {
    const orders = new Orders();
    for (let n = 0; n < ENDED_MAX + 2; n++) orders.put(orderOf(`o${n}`, { status: 'delivered' }));
    expect(orders.forgettable()).toEqual(['o0', 'o1']);
    expect(orders.underWay).toBe(0);
  });
});

describe('an order', () => {
  it('is late when its promise is broken', () => {
    const order = orderOf('a', { estimatedDeliveryAt: at(30) });
    expect(lateness(order, NOON + 29 * 60_000)).toBeUndefined();
    expect(lateness(order, NOON + 31 * 60_000)).toBe(Date.parse(at(30)));
    expect(lateness(orderOf('b'), NOON)).toBeUndefined();
  });

  it('is found by all words that somebody remembers of it', () => {
    const order = orderOf('018f-7f3a', { customerName: 'Anna Rossi', deliveryAddress: 'Via Roma' });
    expect(matches(order, '7F3A')).toBe(true);
    expect(matches(order, 'rossi roma')).toBe(true);
    expect(matches(order, 'rossi milano')).toBe(false);
  });
});
