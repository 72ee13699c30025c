import { describe, expect, it } from 'vitest';
import { at, driverOf, NOON, orderOf, stockOf } from './fixtures';
import type { Alert } from './model';
import { needsOf, type Situation } from './needs';

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
