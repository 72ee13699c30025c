import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Remembered } from '../stream/source';
import { ServerClock } from '../time/clock';
import { KeptCommands, type Kept } from './commands';
import type { Table } from './database';
import { SAVE_MS, StreamMemory, type KeptStream } from './streams';
import { KeptThings } from './things';

function tableBy<T>(keyOf: (value: T) => string): Table<T> & { held: Map<string, T> } {
  const held = new Map<string, T>();
  return {
    held,
    isBroken: false,
    get: (key) => Promise.resolve(held.get(key)),
    all: () => Promise.resolve([...held.values()]),
    // As a database would have it: what is put is a copy.
    put: async (value) => void held.set(keyOf(value), structuredClone(value)),
    remove: async (key) => void held.delete(key),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a stream that is kept', () => {
  const HOUR = 3_600_000;
  const state = (position: string, signAt: number): Remembered<string> => ({
    position,
    signAt,
    entities: [{ key: 'a', version: 3, value: 'baking' }],
  });

  function setUp() {
    const table = tableBy<KeptStream>(({ url }) => url);
    /** A page whose machine is an hour behind, and which the server has told so or not. */
    const page = (build = 'one', serverTime?: number) => {
      const clock = new ServerClock(
        () => performance.now(),
        () => 10 * HOUR + performance.now(),
      );
      if (serverTime !== undefined) clock.hear(serverTime);
      return { clock, memory: new StreamMemory<string>('/stream', { table, clock, build }) };
    };
    return { table, page };
  }

  it('is there for the next page, with the time of the server', async () => {
    const { page } = setUp();
    const now = 11 * HOUR + performance.now();
    page('one', now).memory.save(() => state('7', now));
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    const next = page();
    expect(await next.memory.load()).toMatchObject(state('7', now));
    expect(next.clock.isKnown).toBe(true);
    expect(next.clock.now() - now).toBeCloseTo(SAVE_MS);
  });

  it('is written once, as it is at the end, however often it changes', async () => {
    const { table, page } = setUp();
    const { memory } = page();
    const put = vi.spyOn(table, 'put');
    for (let n = 1; n <= 100; n++) memory.save(() => state(String(n), 0));
    await vi.advanceTimersByTimeAsync(10 * SAVE_MS);
    expect(put).toHaveBeenCalledTimes(1);
    expect(table.held.get('/stream')).toMatchObject({ position: '100' });
  });

  it('is written when the page goes, and not in the middle of a change', () => {
    const { table, page } = setUp();
    const { memory } = page();
    memory.save(() => state('1', 0));
    memory.flush();
    expect(table.held.size).toBe(1);
    memory.save(() => undefined);
    memory.flush();
    expect(table.held.get('/stream')).toMatchObject({ position: '1' });
  });

  it.each([
    ['is of another build', 'two', 0],
    ['is of yesterday', 'one', 13 * HOUR],
  ])('is not believed when it %s', async (_, build, age) => {
    const { page } = setUp();
    const first = page();
    first.memory.save(() => state('7', first.clock.now() - age));
    first.memory.flush();
    expect(await page(build).memory.load()).toBeUndefined();
  });

  it('is forgotten, also what was not written yet', async () => {
    const { table, page } = setUp();
    const { memory } = page();
    memory.save(() => state('1', 0));
    memory.flush();
    memory.save(() => state('2', 0));
    memory.forget();
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    expect(table.held.size).toBe(0);
  });
});

describe('things beside a stream', () => {
  const HOUR = 3_600_000;

  it('are there for the next page as they were when it went, and none is none', async () => {
    const table = tableBy<KeptStream>(({ url }) => url);
    const clock = new ServerClock(
      () => performance.now(),
      () => HOUR,
    );
    const things = () => {
      const memory = new StreamMemory<number>('positions', { table, clock, build: 'one' });
      return { memory, kept: new KeptThings(memory, () => clock.now()) };
    };
    const { kept, memory } = things();
    expect(await kept.load()).toEqual([]);
    kept.save(() => [3, 1, 2]);
    memory.flush();
    expect(await things().kept.load()).toEqual([3, 1, 2]);
    kept.save(() => []);
    memory.flush();
    expect(await things().kept.load()).toEqual([]);
  });
});

describe('commands that are kept', () => {
  const kept = (key: string, at: number): Omit<Kept, 'owner'> => ({
    ...{ key, what: 'Start', at },
    spec: { method: 'POST', path: '/x' },
  });

  it('come back to their own screen, oldest first', async () => {
    const table = tableBy<Kept>(({ key }) => key);
    const ours = new KeptCommands('kitchen/napoli', table);
    const theirs = new KeptCommands('driver/driver-1', table);
    ours.add(kept('b', 2));
    theirs.add(kept('x', 0));
    ours.add(kept('c', 3));
    ours.add(kept('a', 1));
    ours.remove('c');
    expect((await ours.all()).map(({ key }) => key)).toEqual(['a', 'b']);
    expect((await theirs.all()).map(({ key }) => key)).toEqual(['x']);
  });
});
