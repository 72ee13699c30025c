import { expect, it } from 'vitest';
import { at, digest, lineOf, moduleOf, onTrial, planOf, rateOf, statsOf } from './fixtures';
import type { AuditLine, Plan, Rate, Silo, Stats, Timed } from './model';
import { needsOf } from './needs';
import { byDigest, byModule, rowsOf } from './rows';

const NOW = 1_000_000;
const silo = (name: string, more: Partial<Silo> = {}): Silo => ({
  ...{ silo: `${name}.1`, name, state: 'live' },
  ...more,
});

function needs(
  what: {
    stats?: Partial<Stats>;
    plans?: Plan[];
    rates?: Rate[];
    missing?: string[];
    ratesAt?: number;
    audit?: AuditLine[];
    trouble?: string;
  } = {},
) {
  const { plans = [], rates = [], missing = [], ratesAt = NOW, audit = [], trouble } = what;
  const rows = rowsOf({
    plans,
    modules: byDigest([moduleOf('a'), moduleOf('b')]),
    rates: byModule(rates),
    audit: new Map(),
  });
  const view = {
    ...{ plans, audit, trouble, stats: statsOf(what.stats) },
    rates: { at: at(ratesAt), windowMs: 60_000, rates, missing },
  };
  return needsOf(view, rows.values(), NOW);
}
const keys = (what: Parameters<typeof needs>[0]) => needs(what).map(({ key }) => key);
const timed = (turns: number, failed: number): Timed => ({
  ...{ overMs: 60_000, turns, failed, p50Us: 1, p99Us: 1 },
});

it('is nothing while all is well', () => {
  const stats = {
    silos: [silo('a', { breakers: { order: { state: 'closed', failures: 0 } } })],
  };
  expect(needs({ stats, plans: [planOf('a')], rates: [rateOf('a', timed(1_000, 2))] })).toEqual([]);
});

it('is each silo that is away, and each breaker that is open', () => {
  const silos = [
    silo('a', { breakers: { order: { state: 'open', leftMs: 5 }, chef: { state: 'half-open' } } }),
    silo('b', { state: 'dead' }),
    silo('c', { state: 'silent', why: 'refused' }),
    silo('d', { storeFull: 'no room', storeStopped: 'fsync failed' }),
  ];
  const found = keys({ stats: { silos } });
  expect(found).toEqual([
    ...['breaker/a.1/order', 'silo/b.1', 'silo/c.1', 'stopped/d.1', 'full/d.1'],
    // What is on its way to be well again comes after what is not.
    'breaker/a.1/chef',
  ]);
});

it('is a trial that fails more often than what serves', () => {
  const plans = [planOf('a', onTrial('b', 10))];
  const rates = (fresh: Timed, old = timed(100, 1)) => [
    rateOf('a', { sinceTrial: old }),
    rateOf('b', { role: 'trial', percent: 10, sinceTrial: fresh }),
  ];
  expect(keys({ plans, rates: rates(timed(100, 10)) })).toEqual(['worse/order']);
  expect(keys({ plans, rates: rates(timed(100, 2)) })).toEqual([]);
  // Of so few turns nobody can tell.
  expect(keys({ plans, rates: rates(timed(10, 10)) })).toEqual([]);
  const held = [planOf('a', onTrial('b', 0))];
  expect(keys({ plans: held, rates: rates(timed(100, 10), timed(100, 0)) })).toEqual([]);
});

it('is a type of which one turn in a hundred fails', () => {
  const plans = [planOf('a')];
  expect(keys({ plans, rates: [rateOf('a', timed(100, 1))] })).toEqual(['failing/order']);
  expect(keys({ plans, rates: [rateOf('a', timed(1_000, 1))] })).toEqual([]);
});

it('is what the silo took back by itself, for a day, and what it could not', () => {
  const back = { what: 'rolled-back', by: 'silo', digest: digest('b') } as const;
  const audit = [
    lineOf({ ...back, atMs: NOW - 1 }),
    lineOf({ ...back, atMs: NOW - 90_000_000 }),
    lineOf({ ...back, what: 'refused', atMs: NOW - 2 }),
    lineOf({ ...back, by: 'operator', atMs: NOW - 3 }),
  ];
  const found = needs({ audit });
  expect(found.map(({ weight }) => weight)).toEqual(['danger', 'warning']);
  expect(found[1]?.what).toBe('The silo took b0000000 of order back by itself');
});

it('is dead letters, figures that are missing, and a silo that nobody reaches', () => {
  expect(keys({ stats: { deadLetters: { count: 3, more: false } } })).toEqual(['dead-letters']);
  expect(needs({ stats: { deadLetters: { count: 100, more: true } } })[0]?.what).toBe(
    'More than 100 dead letters',
  );
  expect(keys({ missing: ['b.1'] })).toEqual(['missing']);
  expect(keys({ ratesAt: NOW - 31_000 })).toEqual(['stale']);
  expect(keys({ trouble: 'connection refused' })).toEqual(['trouble']);
});
