import { describe, expect, it } from 'vitest';
import { partOf } from '../../components/window';
import { cluster, nearest } from '../../map/fleet/clusters';
import { causeWords } from './causes';
import { newsSince, newsWords } from './changes';
import { barOf, lastHours, lineOf, markedOf, pointAt, topOf, yOf } from './chart';
import { fleetState } from './drivers';
import { at, driverOf, NOON, stockOf } from './fixtures';
import { step } from './keys';
import { searchWith } from './search';
import { nextList } from './steadyList';
import { barParts, enoughFor, sumOf, wholeNumber, worstFirst } from './stock';

describe('a long list', () => {
  const room = { scrollTop: 0, height: 440, rowHeight: 44, count: 2_000 };

  it('draws what is in view and a little more, and keeps the room of the rest', () => {
    const { first, end, before, after } = partOf({ ...room, scrollTop: 44 * 1_000 });
    expect(first).toBeLessThanOrEqual(1_000);
    expect(end).toBeGreaterThanOrEqual(1_010);
    expect(end - first).toBeLessThan(30);
    expect(before + after + (end - first) * 44).toBe(2_000 * 44);
  });

  it('begins and ends where the list does', () => {
    expect(partOf(room)).toMatchObject({ first: 0, before: 0 });
    expect(partOf({ ...room, scrollTop: 2_000 * 44 - 440 })).toMatchObject({
      end: 2_000,
      after: 0,
    });
    expect(partOf({ ...room, count: 0 })).toEqual({ first: 0, end: 0, before: 0, after: 0 });
  });

  it('shows its end when it has shrunk below where it was scrolled to', () => {
    const { first, end } = partOf({ ...room, count: 30, scrollTop: 44 * 1_000 });
    expect(end).toBe(30);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end - first).toBeGreaterThan(9);
  });
});

describe('a list that is held', () => {
  it('keeps its order and counts what is new', () => {
    const next = nextList(['b', 'c'], ['a', 'c', 'd'], true);
    expect(next.shown).toEqual(['b', 'c', 'd']);
    expect(next.fresh).toBe(1);
  });

  it('is the same list when nothing has changed, so that nothing is drawn', () => {
    const shown = ['a', 'b'];
    expect(nextList(shown, ['a', 'b'], false).shown).toBe(shown);
    expect(nextList(shown, ['b'], false)).toMatchObject({ shown: ['b'], isSame: false });
  });
});

describe('the board by the keyboard', () => {
  const lengths = [2, 0, 5];

  it.each([
    ['ArrowDown', { column: 0, row: 0 }, { column: 0, row: 1 }],
    ['ArrowDown', { column: 0, row: 1 }, undefined],
    ['ArrowUp', { column: 2, row: 0 }, undefined],
    ['ArrowRight', { column: 0, row: 1 }, { column: 2, row: 1 }],
    ['ArrowLeft', { column: 2, row: 4 }, { column: 0, row: 1 }],
    ['ArrowRight', { column: 2, row: 0 }, undefined],
    ['End', { column: 2, row: 1 }, { column: 2, row: 4 }],
    ['Home', { column: 2, row: 3 }, { column: 2, row: 0 }],
    ['x', { column: 0, row: 0 }, undefined],
  ])('%s from %o leads to %o', (key, from, to) => {
    expect(step(lengths, from, key)).toEqual(to);
  });
});

describe('markers', () => {
  it('are a number where more than sixty lie in one square', () => {
    const crowd = Array.from({ length: 61 }, (_, n) => ({ x: 5 + (n % 7), y: 5, n }));
    const { single, clusters } = cluster([...crowd, { x: 300, y: 300, n: 61 }]);
    expect(single).toHaveLength(1);
    expect(clusters).toEqual([expect.objectContaining({ y: 5, of: crowd })]);
    expect(cluster(crowd.slice(1)).clusters).toEqual([]);
  });

  it('are hit within reach, the nearest first', () => {
    const markers = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
    ];
    expect(nearest(markers, { x: 7, y: 0 }, 14)).toBe(markers[1]);
    expect(nearest(markers, { x: 40, y: 0 }, 24)).toBeUndefined();
  });

  it('are of the state that matters most', () => {
    expect(fleetState(driverOf('d'))).toBe('free');
    expect(fleetState(driverOf('d', { offeredOrderId: 'o' }))).toBe('offered');
    expect(fleetState(driverOf('d', { status: 'busy', lostSignal: true }))).toBe('silent');
    expect(fleetState(driverOf('d', { status: 'offline', lostSignal: true }))).toBe('offline');
  });
});

describe('charts', () => {
  const frame = { width: 384, height: 120, points: 24, top: 10 };

  it('have bars of ten with gaps of four where there is that room', () => {
    const bar = barOf({ ...frame, width: 44 + 24 * 14 }, 0, 10);
    expect(bar.width).toBeCloseTo(10);
    expect(bar.y + bar.height).toBe(yOf(frame, 0));
  });

  it('break a line where nothing is known', () => {
    const line = lineOf(frame, [1, 2, undefined, 3]);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(line.endsWith('h6')).toBe(true);
    expect(line).not.toContain('NaN');
  });

  it.each([
    [[], 1],
    [[0, 3], 4],
    [[14, 9], 20],
    [[41], 50],
    [[99], 100],
  ])('have a round top over %o', (values, top) => {
    expect(topOf(values)).toBe(top);
  });

  it.each([
    [0, []],
    [1, [0]],
    [2, [0, 1]],
    [24, [0, 12, 23]],
  ])('mark no point twice out of %i', (points, marked) => {
    expect(markedOf(points)).toEqual(marked);
  });

  it('know the point under a pointer', () => {
    expect(pointAt(frame, 0)).toBe(0);
    expect(pointAt(frame, 383)).toBe(23);
    expect(pointAt(frame, 9_999)).toBe(23);
  });

  it('have an hour of which nobody told', () => {
    const hours = lastHours([{ start: at(-120) }, { start: at(0) }], NOON + 1_000, 4);
    expect(hours.map(({ start }) => (start - NOON) / 3_600_000)).toEqual([-3, -2, -1, 0]);
    expect(hours.map(({ period }) => period !== undefined)).toEqual([false, true, false, true]);
  });

  it('follow clocks that are half an hour off', () => {
    const hours = lastHours([{ start: at(-30) }], NOON, 2);
    expect(hours.at(-1)?.start).toBe(NOON - 30 * 60_000);
  });
});

describe('stock', () => {
  const recipe = (pizzaType: string, quantity: number) => ({
    ...{ pizzaType, priceCents: 900 },
    ingredients: [{ ingredient: 'dough', quantity }],
  });

  it('has what is low first', () => {
    const lines = [stockOf('a', 90), stockOf('b', 3), stockOf('c', 0)];
    expect(worstFirst(lines).map(({ ingredient }) => ingredient)).toEqual(['c', 'b', 'a']);
  });

  it('is enough for the pizza that takes most of it', () => {
    const recipes = [recipe('Small', 1), recipe('Large', 4)];
    expect(enoughFor(stockOf('dough', 10), recipes)).toEqual({ pizzaType: 'Large', count: 2 });
    expect(enoughFor(stockOf('olives', 10), recipes)).toBeUndefined();
  });

  it('adds up', () => {
    expect(sumOf(stockOf('dough', 10)).isRight).toBe(true);
    expect(sumOf({ ...stockOf('dough', 10), wasted: 3 }).isRight).toBe(false);
  });

  it('has bars that never leave their room', () => {
    const parts = barParts({ ...stockOf('dough', 500), reserved: 300 });
    expect(parts.onHand + parts.reserved).toBeLessThanOrEqual(1);
    expect(barParts(stockOf('dough', 0)).onHand).toBe(0);
  });

  it('takes whole numbers alone', () => {
    expect(wholeNumber(12, 1)).toBe(12);
    for (const wrong of [0, 1.5, undefined, null, '', 'ten', 2_000_000])
      expect(wholeNumber(wrong, 1)).toBeUndefined();
  });
});

describe('words', () => {
  it('sum up what is new', () => {
    const seen = (ids: string[], late: number) => ({ underWay: new Set(ids), late, needs: late });
    const news = newsSince(seen(['a'], 0), seen(['b', 'c'], 1));
    expect(newsWords(news)).toBe('2 new orders, 1 finished, 1 more late.');
    expect(newsWords(newsSince(seen(['a'], 1), seen(['a'], 1)))).toBe('');
  });

  it('say who caused a step', () => {
    expect(causeWords({ to: 'created' })).toBe('');
    expect(causeWords({ to: 'delivered' })).toBe('by hand');
    expect(causeWords({ to: 'baking', by: 'chef/napoli.1' })).toBe('by chef 1');
    expect(causeWords({ to: 'ready', by: 'something/else' })).toBe('by something/else');
  });
});

describe('the address', () => {
  it('keeps what is not changed, and loses what is empty', () => {
    expect(searchWith('?q=anna&column=ready', { q: '', order: 'a b' })).toBe(
      '?column=ready&order=a+b',
    );
    expect(searchWith('?q=anna', { q: undefined })).toBe('');
  });
});
