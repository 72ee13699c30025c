import { describe, expect, it } from 'vitest';
import { at, driverOf, NOON, orderOf, stockOf } from './fixtures';
import type { Alert, SupplyOrder } from './model';
import { gathered, needsOf, SINGLE_MAX, type Situation } from './needs';
import { meant } from './supplies';

function situation(more: Partial<Situation> = {}): Situation {
  return {
    now: NOON,
    ...{ late: [], ready: [], drivers: [], stock: [], alerts: [], ended: [] },
    kitchen: undefined,
    dismissed: new Set(),
    ...more,
  };
}

const keys = (more: Partial<Situation>) => needsOf(situation(more)).map(({ key }) => key);

const alert = (id: number, more: Partial<Alert> = {}): Alert => ({
  ...{ id, kind: 'overheat', message: 'hot', at: at(-1), severity: 'critical' as const },
  ...more,
});

const ready = (orderId: string, minutes: number, more = {}) =>
  orderOf(orderId, { status: 'ready', since: at(minutes), ...more });

describe('what needs somebody', () => {
  it('is nothing where all is well', () => {
    expect(needsOf(situation({ stock: [stockOf('oil', 90)], ready: [ready('a', -1)] }))).toEqual(
      [],
    );
  });

  it('has the worst first, and of the same kind what has waited longest', () => {
    expect(
      keys({
        stock: [stockOf('basil', 4), stockOf('dough', 0)],
        drivers: [driverOf('d', { status: 'busy', lostSignal: true, locatedAt: at(-2) })],
        ready: [ready('r', -4)],
        late: [
          { order: orderOf('young'), since: NOON - 60_000 },
          { order: orderOf('old'), since: NOON - 600_000 },
        ],
        alerts: [alert(7), alert(8, { kind: 'chef-absent', severity: 'warning' })],
      }),
    ).toEqual([
      ...['alert/7', 'late/old', 'late/young', 'waits/r', 'empty/dough'],
      ...['alert/8', 'silent/d', 'low/basil'],
    ]);
  });

  it('has an order that waits for a driver after three minutes, and not one that has one', () => {
    expect(keys({ ready: [ready('a', -3)] })).toEqual([]);
    expect(keys({ ready: [ready('a', -3.1)] })).toEqual(['waits/a']);
    expect(keys({ ready: [ready('a', -9, { driverId: 'd' })] })).toEqual([]);
  });

  it('names a late order once, though it waits for a driver, too', () => {
    const order = ready('a', -20, { late: true });
    expect(keys({ ready: [order], late: [{ order, since: NOON - 1 }] })).toEqual(['late/a']);
  });

  it('has no alert that was seen, is a mere notice, or is seen in the stock itself', () => {
    const alerts = [
      alert(1, { seenAt: at(0) }),
      alert(2, { severity: 'notice' }),
      alert(3, { kind: 'low-stock', severity: 'warning' }),
    ];
    expect(keys({ alerts })).toEqual([]);
  });

  it('has a plugin that rests, and again when it rests again', () => {
    const resting = (askedAgainAt: string) => ({
      ...{ pending: 0, active: 0, availableChefs: 0, ovens: [] },
      plugin: {
        ...{ binding: 'shortest-job', failures: 3, failuresInARow: 3, askedAgainAt },
        trust: 'resting' as const,
      },
    });
    const [first] = keys({ kitchen: resting(at(1)) });
    expect(first).toBeDefined();
    const dismissed = new Set([first ?? '']);
    expect(keys({ kitchen: resting(at(1)), dismissed })).toEqual([]);
    expect(keys({ kitchen: resting(at(9)), dismissed })).toHaveLength(1);
  });

  it('has what was cancelled after it was baked, and nothing that was cancelled before', () => {
    const ended = [
      orderOf('a', { status: 'cancelled', from: 'baking' }),
      orderOf('b', { status: 'cancelled', from: 'created' }),
      orderOf('c', { status: 'delivered', from: 'outForDelivery' }),
    ];
    expect(keys({ ended })).toEqual(['lost/a']);
  });

  it('does not count who is off duty as silent', () => {
    expect(keys({ drivers: [driverOf('d', { status: 'offline', lostSignal: true })] })).toEqual([]);
  });
});

describe('many needs of one kind', () => {
  const waiting = (count: number) =>
    Array.from({ length: count }, (_, n) => ready(`r${n}`, -60 + n));

  it('are told one by one while they are few', () => {
    const needs = needsOf(situation({ ready: waiting(SINGLE_MAX) }));
    expect(gathered(needs)).toEqual(needs);
  });

  it('are one line with a count, where the worst of them would be', () => {
    const late = { order: orderOf('late'), since: NOON - 1 };
    const needs = needsOf(
      situation({
        ready: waiting(12),
        late: [late],
        alerts: [alert(1)],
        stock: [stockOf('oil', 0)],
      }),
    );
    const lines = gathered(needs);
    expect(needs).toHaveLength(15);
    expect(lines.map(({ key }) => key)).toEqual(['alert/1', 'late/late', 'waits/*', 'empty/oil']);
    expect(lines[2]).toMatchObject({
      what: '12 orders wait for a driver',
      severity: 'critical',
      since: Date.parse(at(-60)),
      action: { kind: 'all', of: 'waits' },
    });
  });

  it('are gathered by what they say, so that no alert hides another', () => {
    const alerts = [
      ...Array.from({ length: 6 }, (_, n) => alert(n)),
      alert(9, { kind: 'malfunction', message: 'no heat' }),
    ];
    const lines = gathered(needsOf(situation({ alerts })));
    expect(lines.map(({ what }) => what).sort()).toEqual([
      '6 × Oven too hot',
      'Oven does not work',
    ]);
  });
});

describe('a supply that waits for a yes', () => {
  it('is named, so that whoever decides is led to it', () => {
    const message = 'napoli-7 for 40 dough waits for a yes';
    const [need] = needsOf(situation({ alerts: [alert(3, { kind: 'supply-proposed', message })] }));
    expect(need?.action).toEqual({ kind: 'supply', alertId: 3, supplyId: 'napoli-7' });
  });

  it('leads to the first that waits where it is decided already', () => {
    const supply = (orderId: string, state: SupplyOrder['state']) =>
      ({ orderId, state }) as SupplyOrder;
    const orders = [supply('a', 'delivered'), supply('b', 'proposed'), supply('c', 'proposed')];
    expect(meant(orders, 'c')).toBe('c');
    expect(meant(orders, 'gone')).toBe('b');
    expect(meant(orders, undefined)).toBeUndefined();
  });
});
