/** What somebody has to look at now. */

import type { Alert, Oven } from './model';

const TITLES: Record<string, string> = {
  overheat: 'Oven too hot',
  malfunction: 'Oven does not work',
};

/** A word for machines as one for people: "chef-absent" is "Chef absent". */
export function titleOf({ kind }: Pick<Alert, 'kind'>): string {
  const words = kind.replace(/[-_.]+/g, ' ').trim();
  return TITLES[kind] ?? words.slice(0, 1).toUpperCase() + words.slice(1);
}

/**
 * Those that nobody has seen, the worst first and then the oldest.
 *
 * @param seen here, of which the server does not know yet
 */
export function openAlarms(alerts: Alert[], seen: readonly number[] = []): Alert[] {
  const weight = ({ severity = 'warning' }: Alert) => ['critical', 'warning'].indexOf(severity);
  return alerts
    .filter(({ seenAt, severity }) => seenAt === undefined && severity !== 'notice')
    .filter(({ id }) => id === undefined || !seen.includes(id))
    .sort((a, b) => weight(a) - weight(b) || Date.parse(a.at) - Date.parse(b.at));
}

/** The same said more than once, which is one thing to look at. */
export interface Alarm {
  /** The newest of them. */
  alert: Alert;
  /** All of them, to be seen with one tap. */
  ids: number[];
  times: number;
}

/** Where the first of them stands. */
export function grouped(alerts: Alert[]): Alarm[] {
  const alarms = new Map<string, Alarm>();
  for (const alert of alerts) {
    const same = `${alert.kind} ${alert.source ?? ''} ${alert.message}`;
    const { ids = [], times = 0 } = alarms.get(same) ?? {};
    const all = alert.id === undefined ? ids : [...ids, alert.id];
    alarms.set(same, { alert, ids: all, times: times + 1 });
  }
  return [...alarms.values()];
}

/** An oven that has said nothing for so long is not what it was. */
const STALE_MS = 60_000;

export type OvenState = 'good' | 'hot' | 'cold' | 'stale';

export const OVEN_WORDS: Record<OvenState, string> = {
  good: 'in its band',
  hot: 'too hot',
  cold: 'too cold',
  stale: 'says nothing',
};

export function ovenState({ at, temperature, min, max, isTooHot }: Oven, now: number): OvenState {
  if (now - Date.parse(at) > STALE_MS) return 'stale';
  if (isTooHot === true || (max !== undefined && temperature > max)) return 'hot';
  return min !== undefined && temperature < min ? 'cold' : 'good';
}
