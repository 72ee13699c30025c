/** What needs somebody, worst first; the heart of the manager's screen. */

import { titleOf } from '../kitchen/alarms';
import { titled, shortNumber } from '../../components/status';
import { amount } from './stock';
import {
  shortName,
  type Alert,
  type BoardDriver,
  type BoardOrder,
  type KitchenFigures,
  type StockLine,
} from './model';

/** What helps. */
export type Action =
  | { kind: 'look'; orderId: string }
  | { kind: 'assign'; orderId: string }
  | { kind: 'driver'; driverId: string }
  | { kind: 'restock'; ingredient: string }
  | { kind: 'seen'; alertId: number }
  | { kind: 'supply'; alertId: number; supplyId: string | undefined }
  | { kind: 'dismiss' }
  /** To all of a kind, which are too many to be told one by one. */
  | { kind: 'all'; of: string };

export interface Need {
  key: string;
  /** What it is one of: those of one kind are gathered where they are many. */
  of: string;
  severity: 'critical' | 'warning' | 'notice';
  what: string;
  /** More about it, in a muted line. */
  more?: string;
  since: number | undefined;
  action: Action;
}

export interface Situation {
  now: number;
  late: Iterable<{ order: BoardOrder; since: number }>;
  /** Oldest first. */
  ready: BoardOrder[];
  drivers: BoardDriver[];
  stock: StockLine[];
  alerts: Alert[];
  kitchen: KitchenFigures | undefined;
  ended: Iterable<BoardOrder>;
  /** Keys of what was put away here. */
  dismissed: ReadonlySet<string>;
}

/** A pizza that has waited so long for a driver grows cold. */
export const WAITS_MS = 3 * 60_000;
/** These are seen in what is there now, and an alert would say it twice. */
const SEEN_ELSEWHERE = new Set(['low-stock', 'lost-signal']);

/** In each severity in this order, and then by age. */
const RANKS = ['alert', 'late', 'waits', 'silent', 'empty', 'lost', 'plugin', 'low'];

export function needsOf(situation: Situation): Need[] {
  const needs = [
    ...lateOrders(situation),
    ...waitingOrders(situation),
    ...silentDrivers(situation),
    ...lowStock(situation),
    ...alarms(situation),
    ...plugins(situation),
    ...lostOrders(situation),
  ].filter(({ key }) => !situation.dismissed.has(key));
  return needs.sort(byUrgency);
}

/** As many of one kind are told one by one; more of them hide what else there is. */
export const SINGLE_MAX = 5;

/**
 * Those of a kind that are too many are one line, where the worst of them would be.
 *
 * @param needs as `needsOf` has them
 */
export function gathered(needs: Need[]): Need[] {
  const kinds = new Map<string, Need[]>();
  for (const need of needs) {
    const same = kinds.get(need.of);
    if (same) same.push(need);
    else kinds.set(need.of, [need]);
  }
  return needs.flatMap((need) => {
    const same = kinds.get(need.of) ?? [need];
    if (same.length <= SINGLE_MAX) return need;
    return need === same[0] ? allOf(need, same.length) : [];
  });
}

/** @param worst the first of them */
function allOf(worst: Need, count: number): Need {
  const { of, severity, since, what, more } = worst;
  const words = MANY[of] ?? `× ${what}`;
  const first = MANY[of] === undefined ? more : [what, more].filter(Boolean).join(', ');
  return {
    key: `${of}/*`,
    ...{ of, severity, since },
    what: `${count} ${words}`,
    ...(first && { more: `first: ${first}` }),
    action: { kind: 'all', of },
  };
}

const MANY: Record<string, string> = {
  late: 'orders are late',
  waits: 'orders wait for a driver',
  silent: 'drivers are silent',
  empty: 'ingredients have run out',
  low: 'ingredients are low',
  lost: 'orders were cancelled after baking',
  'alert-supply-proposed': 'orders to suppliers wait for a yes',
};

const SEVERITIES = ['critical', 'warning', 'notice'];

function byUrgency(a: Need, b: Need): number {
  const rank = ({ severity, key }: Need) =>
    SEVERITIES.indexOf(severity) * 100 + RANKS.indexOf(key.slice(0, key.indexOf('/')));
  // What has no age is of now.
  const since = (need: Need) => need.since ?? Infinity;
  return rank(a) - rank(b) || difference(since(a), since(b)) || a.key.localeCompare(b.key);
}

function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function* lateOrders({ late }: Situation): Generator<Need> {
  for (const { order, since } of late) {
    yield {
      of: 'late',
      key: `late/${order.orderId}`,
      severity: 'critical',
      what: `Order ${shortNumber(order.orderId)} is late`,
      more: placeOf(order),
      since,
      action: { kind: 'look', orderId: order.orderId },
    };
  }
}

function placeOf({ status, driverId }: BoardOrder): string {
  switch (status) {
    case 'created':
      return 'nobody has begun it';
    case 'preparing':
      return 'being made';
    case 'baking':
      return 'in the oven';
    case 'ready':
      return driverId ? `ready, for ${shortName(driverId)}` : 'ready, without a driver';
    default:
      return driverId ? `with ${shortName(driverId)}` : 'on the road';
  }
}

function* waitingOrders({ ready, now }: Situation): Generator<Need> {
  for (const order of ready) {
    const since = Date.parse(order.since ?? order.updatedAt);
    if (order.driverId || order.late || now - since <= WAITS_MS) continue;
    yield {
      of: 'waits',
      key: `waits/${order.orderId}`,
      severity: 'critical',
      what: `Order ${shortNumber(order.orderId)} waits for a driver`,
      since,
      action: { kind: 'assign', orderId: order.orderId },
    };
  }
}

function* silentDrivers({ drivers }: Situation): Generator<Need> {
  for (const { driverId, lostSignal, locatedAt, orderId, status } of drivers) {
    if (!lostSignal || status === 'offline') continue;
    yield {
      of: 'silent',
      key: `silent/${driverId}`,
      severity: 'warning',
      what: `${titled(shortName(driverId))} is silent`,
      ...(orderId && { more: `carries order ${shortNumber(orderId)}` }),
      since: locatedAt === undefined ? undefined : Date.parse(locatedAt),
      action: { kind: 'driver', driverId },
    };
  }
}

function* lowStock({ stock }: Situation): Generator<Need> {
  for (const { ingredient, onHand, threshold, reserved } of stock) {
    if (onHand >= threshold && onHand > 0) continue;
    const isEmpty = onHand === 0;
    yield {
      of: isEmpty ? 'empty' : 'low',
      key: `${isEmpty ? 'empty' : 'low'}/${ingredient}`,
      severity: isEmpty ? 'critical' : 'warning',
      what: isEmpty ? `No ${ingredient} left` : `Low on ${ingredient}`,
      more: `${amount(onHand)} on hand, ${amount(reserved)} set aside, threshold ${amount(threshold)}`,
      since: undefined,
      action: { kind: 'restock', ingredient },
    };
  }
}

function* alarms({ alerts }: Situation): Generator<Need> {
  for (const { id, kind, message, severity, at, seenAt } of alerts) {
    if (seenAt !== undefined || severity === 'notice' || SEEN_ELSEWHERE.has(kind)) continue;
    yield {
      of: `alert-${kind}`,
      key: `alert/${id}`,
      severity,
      what: titleOf({ kind }),
      more: message,
      since: Date.parse(at),
      // It waits for a decision, which is made among the orders to suppliers.
      action:
        kind === SUPPLY_PROPOSED
          ? { kind: 'supply', alertId: id, supplyId: supplyIn(message) }
          : { kind: 'seen', alertId: id },
    };
  }
}

const SUPPLY_PROPOSED = 'supply-proposed';

/** An alert names what it is about in its words alone, and begins with it. */
function supplyIn(message: string): string | undefined {
  return /^(\S+) for /.exec(message)?.[1];
}

function* plugins({ kitchen }: Situation): Generator<Need> {
  const plugin = kitchen?.plugin;
  if (plugin?.trust !== 'resting') return;
  const { binding, lastFailure, askedAgainAt } = plugin;
  yield {
    of: 'plugin',
    // Once for each rest: the next one is news again.
    key: `plugin/${binding} ${askedAgainAt ?? ''}`,
    severity: 'warning',
    what: `Plugin ${binding} rests`,
    more: lastFailure ?? 'It failed too often; the kitchen goes on without it.',
    since: undefined,
    action: { kind: 'dismiss' },
  };
}

const BAKED = new Set(['baking', 'ready', 'outForDelivery']);

function* lostOrders({ ended }: Situation): Generator<Need> {
  for (const { orderId, status, from, remakes, updatedAt, totalCents } of ended) {
    const wasBaked = (from !== undefined && BAKED.has(from)) || remakes > 0;
    if (status !== 'cancelled' || !wasBaked) continue;
    yield {
      of: 'lost',
      key: `lost/${orderId}`,
      severity: 'warning',
      what: `Order ${shortNumber(orderId)} was cancelled after baking`,
      more: `${(totalCents / 100).toFixed(2)}\u00a0€ lost`,
      since: Date.parse(updatedAt),
      action: { kind: 'dismiss' },
    };
  }
}
