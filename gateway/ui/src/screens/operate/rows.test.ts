import { describe, expect, it } from 'vitest';
import { at, digest, lineOf, moduleOf, onTrial, planOf, rateOf } from './fixtures';
import type { Plan, Rate } from './model';
import {
  BY_NAME,
  byDigest,
  byModule,
  EVERYTHING,
  fromAddress,
  held,
  latestOf,
  passes,
  rowsOf,
  sorted,
  toAddress,
} from './rows';

const rows = (plans: Plan[], rates: Rate[] = []) =>
  rowsOf({
    plans,
    modules: byDigest([moduleOf('a'), moduleOf('b')]),
    rates: byModule(rates),
    audit: latestOf([lineOf({ atMs: 2, what: 'canary' }), lineOf({ atMs: 1 })]),
  });

describe('a row', () => {
  it('has both modules of a trial, counted since the trial began', () => {
    const since = { overMs: 9, turns: 90, failed: 3, p50Us: 1, p99Us: 2 };
    const found = rows(
      [planOf('a', onTrial('b', 10))],
      [
        rateOf('a', { turns: 5, sinceTrial: { ...since, failed: 0 } }),
        rateOf('b', { turns: 1, role: 'trial', sinceTrial: since }),
      ],
    ).get('order');
    expect(found?.serving).toMatchObject({ percent: 90, figures: { turns: 90, failed: 0 } });
    expect(found?.trial).toMatchObject({ percent: 10, figures: { turns: 90, failed: 3 } });
    expect(found).toMatchObject({ turns: 180, failed: 3, lastAudit: { what: 'canary' } });
  });

  it('has turns of five minutes and times of one without a trial', () => {
    const recently = { overMs: 300_000, turns: 500, failed: 5 };
    const [found] = rows([planOf('a')], [rateOf('a', { turns: 7, p50Us: 40, recently })]).values();
    expect(found?.serving.figures).toMatchObject({ turns: 500, failed: 5, p50Us: 40 });
  });

  it('knows nothing where nobody has told anything', () => {
    const [found] = rows([planOf('x')]).values();
    expect(found?.serving).toMatchObject({ module: undefined, figures: undefined });
  });
});

describe('the order of the table', () => {
  const plans = ['kitchen', 'chef', 'order'].map((actorType) => planOf('a', { actorType }));
  const rates = [
    rateOf('a', { actorType: 'chef', turns: 10, failed: 5 }),
    rateOf('a', { actorType: 'kitchen', turns: 100, failed: 1 }),
  ];

  it('is by name, and by what was chosen', () => {
    const all = rows(plans, rates).values();
    expect(sorted([...all], BY_NAME)).toEqual(['chef', 'kitchen', 'order']);
    const by = (column: 'turns' | 'failed') =>
      sorted(rows(plans, rates).values(), { by: column, isDown: true });
    expect(by('turns')).toEqual(['kitchen', 'chef', 'order']);
    // What did nothing has no rate of failures, and is last however it is sorted.
    expect(by('failed')).toEqual(['chef', 'kitchen', 'order']);
    expect(sorted(rows(plans, rates).values(), { by: 'failed', isDown: false }).at(-1)).toBe(
      'order',
    );
  });

  it('stays as it is while one looks: what is new comes last', () => {
    const order = ['kitchen', 'chef'];
    expect(held(order, new Set(['chef', 'kitchen']))).toBe(order);
    expect(held(order, new Set(['chef', 'kitchen', 'bread', 'apron']))).toEqual([
      ...order,
      'apron',
      'bread',
    ]);
    expect(held(order, new Set(['chef']))).toEqual(['chef']);
  });
});

it('is filtered by name, by digest, by trial, by failures', () => {
  const found = [
    ...rows(
      [
        planOf('a', { actorType: 'chef' }),
        planOf('b', { actorType: 'order', ...onTrial('c', 5) }),
        planOf('a', { actorType: 'silo-clock' }),
      ],
      [rateOf('a', { actorType: 'chef', turns: 9, failed: 1 })],
    ).values(),
  ];
  const names = (filter: Partial<typeof EVERYTHING>) =>
    found.filter((row) => passes(row, { ...EVERYTHING, ...filter })).map((row) => row.actorType);
  expect(names({})).toEqual(['chef', 'order']);
  expect(names({ showsPlatform: true })).toEqual(['chef', 'order', 'silo-clock']);
  expect(names({ text: ' CH ' })).toEqual(['chef']);
  expect(names({ text: digest('c').slice(0, 6) })).toEqual(['order']);
  expect(names({ only: 'trial' })).toEqual(['order']);
  expect(names({ only: 'failing' })).toEqual(['chef']);
});

it('is in the address, but for what is usual', () => {
  expect(toAddress(EVERYTHING, BY_NAME)).toEqual({
    q: '',
    platform: undefined,
    only: undefined,
    sort: undefined,
  });
  const looked = {
    filter: { text: 'ord', showsPlatform: true, only: 'trial' },
    sorting: { by: 'p99', isDown: true },
  } as const;
  const { q, platform, only, sort } = toAddress(looked.filter, looked.sorting);
  const text = `?q=${q}&platform=${platform}&only=${only}&sort=${sort}`;
  expect(fromAddress(text)).toEqual(looked);
  expect(fromAddress('?sort=-nonsense&only=nonsense')).toEqual({
    filter: EVERYTHING,
    sorting: BY_NAME,
  });
});

it('sorts by the last change', () => {
  const audit = latestOf([
    lineOf({ actorType: 'b', atMs: 5 }),
    lineOf({ actorType: 'a', atMs: 3 }),
  ]);
  const plans = ['a', 'b'].map((actorType) => planOf('a', { actorType, since: at(0) }));
  const all = rowsOf({ plans, modules: undefined, rates: byModule([]), audit });
  expect(sorted(all.values(), { by: 'changed', isDown: true })).toEqual(['b', 'a']);
});
