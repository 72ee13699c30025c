/** Parts of a silo for tests, of which each test says what counts. */

import type { AuditLine, ModuleInfo, Plan, Rate, Stats } from './model';

export const at = (ms: number) => new Date(ms).toISOString();

/** A digest that is known by its first letters. */
export const digest = (name: string) => name.padEnd(64, '0');

export function moduleOf(name: string, more: Partial<ModuleInfo> = {}): ModuleInfo {
  return {
    ...{ digest: digest(name), actorType: 'order', bytes: 1_000, at: at(0), schema: 1 },
    ...{ isBundled: false, methods: [], subscriptions: [] },
    ...{ percent: null, signedBy: null },
    ...more,
  };
}

export function planOf(current: string, more: Partial<Plan> = {}): Plan {
  return {
    ...{ actorType: 'order', current: digest(current), trial: null, before: [] },
    ...{ since: at(0), sinceMs: 0, version: 1, bundled: null },
    ...more,
  };
}

export const onTrial = (name: string, percent: number) => ({
  trial: { digest: digest(name), percent },
});

export function lineOf(more: Partial<AuditLine> = {}): AuditLine {
  const atMs = more.atMs ?? 0;
  const line: Omit<AuditLine, 'id'> = {
    ...{ atMs, at: at(atMs), actorType: 'order', digest: digest('a') },
    ...{ what: 'activated', by: 'operator', detail: '' },
    ...more,
  };
  // What says the same at the same moment is the same line.
  return { id: `${atMs}/${line.actorType}/${line.digest}/${line.what}`, ...line };
}

export function rateOf(name: string, more: Partial<Rate> = {}): Rate {
  return {
    ...{ actorType: 'order', digest: digest(name), role: 'current', percent: 100 },
    ...{ overMs: 60_000, turns: 0, failed: 0, p50Us: 0, p99Us: 0 },
    recently: { overMs: 300_000, turns: more.turns ?? 0, failed: more.failed ?? 0 },
    ...more,
  };
}

export function statsOf(more: Partial<Stats> = {}): Stats {
  return {
    at: at(0),
    deadLetters: { count: 0, more: false },
    totals: {
      ...{ actorsInMemory: 0, actorsAtWork: 0, outboxPending: 0 },
      ...{ remindersSoon: 0, breakersOpen: 0 },
    },
    silos: [],
    ...more,
  };
}
