/** Parts of a silo for tests, of which each test says what counts. */

import type { AuditLine, ModuleInfo, Plan, Rate, Stats } from './model';

export const at = (ms: number) => new Date(ms).toISOString();

/** A digest that is known by its first letters. */
export const digest = (name: string) => name.padEnd(64, '0');

export function moduleOf(name: string, more: Partial<ModuleInfo> = {}): ModuleInfo {
  return {
    ...{ digest: digest(name), actorType: 'order', bytes: 1_000, at: at(0), schema: 1 },
    ...{ isBundled: false, methods: [], subscriptions: [] },
    ...more,
  };
}

export function planOf(current: string, more: Partial<Plan> = {}): Plan {
  return {
    ...{ actorType: 'order', current: digest(current), trial: null, before: [] },
    ...{ since: at(0), version: 1 },
    ...more,
  };
}

export const onTrial = (name: string, percent: number) => ({
  trial: { digest: digest(name), percent },
});

export function lineOf(more: Partial<AuditLine> = {}): AuditLine {
  const atMs = more.atMs ?? 0;
  return {
    ...{ atMs, at: at(atMs), actorType: 'order', digest: digest('a') },
    ...{ what: 'activated', by: 'operator', detail: '' },
    ...more,
  };
}

export function rateOf(name: string, more: Partial<Rate> = {}): Rate {
  return {
    ...{ actorType: 'order', digest: digest(name), role: 'current', percent: 100 },
    ...{ overMs: 60_000, turns: 0, failed: 0, p50Us: 0, p99Us: 0 },
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
