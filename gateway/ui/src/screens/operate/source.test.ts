import { describe, expect, it } from 'vitest';
import { Entities } from '../../stream/entities';
import { at, digest, lineOf, onTrial, planOf, rateOf, statsOf } from './fixtures';
import type { Rates } from './model';
import { disagreement, Watch } from './outdated';
import { operateSource, viewOf, type OperateEntity } from './source';

const event = (name: string, data: unknown) => ({
  name,
  data: JSON.stringify(data),
  id: undefined,
});
const ratesOf = (ms: number, rates: Rates['rates'] = []): Rates => ({
  at: at(ms),
  windowMs: 60_000,
  rates,
  missing: [],
});

function listening() {
  const source = operateSource();
  const entities = new Entities<OperateEntity>();
  const hear = (name: string, data: unknown) => {
    for (const change of source.changes(event(name, data))) entities.apply(change);
  };
  return { source, hear, view: () => viewOf(entities.entries()) };
}

describe("the operator's stream", () => {
  it('holds the newest of each thing, in whichever order it comes', () => {
    const { hear, view } = listening();
    hear('plan', planOf('b', { version: 3 }));
    hear('plan', planOf('a', { version: 2 }));
    hear('rates', ratesOf(2_000));
    hear('rates', ratesOf(1_000));
    hear('stats', statsOf({ at: at(5_000) }));
    hear('stats', statsOf({ at: at(4_000) }));
    expect(view().plans.map(({ current }) => current)).toEqual([digest('b')]);
    expect(view().rates?.at).toBe(at(2_000));
    expect(view().stats?.at).toBe(at(5_000));
  });

  it('has a line of the audit log once, the newest first', () => {
    const { hear, view } = listening();
    hear('audit', { lines: [lineOf({ atMs: 2 }), lineOf({ atMs: 1 })] });
    hear('audit', { lines: [lineOf({ atMs: 3 }), lineOf({ atMs: 2 })] });
    expect(view().audit.map(({ atMs }) => atMs)).toEqual([3, 2, 1]);
  });

  it('forgets a trouble that is over', () => {
    const { hear, view } = listening();
    hear('trouble', { why: 'connection refused' });
    expect(view().trouble).toBe('connection refused');
    hear('trouble', { why: null });
    expect(view().trouble).toBeUndefined();
  });

  it('passes over what it does not know, and what is no JSON', () => {
    const { source } = listening();
    expect(source.changes(event('weather', {}))).toEqual([]);
    expect(source.changes({ name: 'plan', data: 'x', id: undefined })).toEqual([]);
  });
});

describe('plans that are old', () => {
  const served = [planOf('a', onTrial('b', 10))];
  const told = (percent: number) => [
    rateOf('a', { percent: 90 }),
    rateOf('b', { role: 'trial', percent }),
  ];

  it('are known by the figures', () => {
    expect(disagreement(served, ratesOf(0, told(10)))).toBe('');
    expect(disagreement(served, ratesOf(0, told(25)))).not.toBe('');
    expect(disagreement(served, ratesOf(0, [rateOf('c')]))).not.toBe('');
    expect(disagreement([], ratesOf(0, [rateOf('a')]))).not.toBe('');
  });

  it('are read again once, when it is no passing moment', () => {
    const watch = new Watch();
    expect(['x', 'x', '', 'x', 'x', 'x', 'x', 'x'].map((found) => watch.see(found))).toEqual([
      ...[false, false, false, false, false],
      ...[true, false, false],
    ]);
  });
});
