import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, unreachable, type Problem } from '../api/problem';
import { ServerClock } from '../time/clock';
import type { Entity, Memory, Remembered, Snapshot, Source, StreamEvent } from './source';
import { DOUBT_MS, SILENCE_MS, StreamStore } from './store';
import type { StreamHandlers, Transport } from './transport';

interface Order {
  status: string;
  driver?: string;
}

class FakeTransport implements Transport {
  opened: { after: string | undefined; handlers: StreamHandlers; isClosed: boolean }[] = [];

  open(_url: string, after: string | undefined, handlers: StreamHandlers): () => void {
    const connection = { after, handlers, isClosed: false };
    this.opened.push(connection);
    return () => (connection.isClosed = true);
  }

  get last() {
    const last = this.opened.at(-1);
    if (!last) throw new Error('no stream was opened');
    return last;
  }
}

/** Frames run when the test says so. */
class Frames {
  #runs: (() => void)[] = [];
  schedule = (run: () => void) => {
    this.#runs.push(run);
    return () => (this.#runs = this.#runs.filter((other) => other !== run));
  };
  run(): void {
    for (const run of this.#runs.splice(0)) run();
  }
}

const entity = (key: string, version: number, status: string): Entity<Order> => ({
  key,
  version,
  value: { status },
});

const event = (position: number, key: string, version: number, fields: Partial<Order>) =>
  ({
    name: 'status',
    id: String(position),
    data: JSON.stringify({ key, version, at: position, ...fields }),
  }) satisfies StreamEvent;

const problem = (status: number, retryAfterMs?: number): Problem => ({
  ...unreachable(),
  status,
  retryAfterMs,
});

function setUp(
  snapshots: (Snapshot<Order> | Problem)[],
  found: Entity<Order>[] = [],
  memory?: Memory<Order>,
) {
  const transport = new FakeTransport();
  const frames = new Frames();
  const clock = new ServerClock(
    () => performance.now(),
    () => 1_000_000,
  );
  const fetched: string[] = [];
  const network = { isThere: true };
  const source: Source<Order> = {
    url: '/stream',
    snapshot: () => {
      const next = snapshots.length > 1 ? snapshots.shift() : snapshots[0];
      if (!next) return Promise.reject(new Error('no snapshot'));
      return 'entities' in next ? Promise.resolve(next) : Promise.reject(new ApiError(next));
    },
    changes: ({ name, data }) => {
      if (name !== 'status') return [];
      const { key, version, status, driver } = JSON.parse(data) as Partial<Order> & {
        key: string;
        version: number;
      };
      const fields = { ...(status ? { status } : {}), ...(driver ? { driver } : {}) };
      return [{ key, version, fields }];
    },
    happenedAt: () => undefined,
    fetchOne: (key) => {
      fetched.push(key);
      if (!network.isThere) return Promise.reject(new ApiError(unreachable()));
      return Promise.resolve(found.find((one) => one.key === key));
    },
  };
  const store = new StreamStore(source, {
    transport,
    clock,
    schedule: frames.schedule,
    random: () => 0.5,
    memory,
  });
  const open = async () => {
    await vi.advanceTimersByTimeAsync(0);
    transport.last.handlers.open();
  };
  const receive = (...events: StreamEvent[]) => {
    for (const one of events) transport.last.handlers.event(one);
    frames.run();
  };
  return { store, transport, frames, clock, fetched, network, open, receive };
}

const AT_TEN: Snapshot<Order> = { position: '10', entities: [entity('a', 3, 'baking')] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a store of a stream', () => {
  it('asks for the snapshot, then for what follows it', async () => {
    const { store, transport, open } = setUp([AT_TEN]);
    store.start();
    expect(store.status).toBe('snapshot');
    await open();
    expect(store.status).toBe('live');
    expect(transport.last.after).toBe('10');
    expect(store.entities.get('a')?.value.status).toBe('baking');
  });

  it('comes to the same by events in any order, and twice', async () => {
    const events = [
      { key: 'a', version: 4, fields: { status: 'ready' } },
      { key: 'a', version: 5, fields: { driver: 'd' } },
      { key: 'a', version: 6, fields: { status: 'outForDelivery', driver: 'e' } },
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0, 1],
      [0, 2, 2, 1, 0],
    ]) {
      const { store, open, receive } = setUp([AT_TEN]);
      store.start();
      await open();
      let position = 10;
      for (const index of order) {
        const { key, version, fields } = events[index] ?? { key: '', version: 0, fields: {} };
        receive(event(++position, key, version, fields));
      }
      expect(store.entities.get('a')?.value).toEqual({ status: 'outForDelivery', driver: 'e' });
      expect(store.entities.get('a')?.version).toBe(6);
    }
  });

  it('drops an event that is older than the snapshot', async () => {
    const { store, open, receive } = setUp([AT_TEN]);
    store.start();
    await open();
    receive(event(11, 'a', 2, { status: 'created' }), event(12, 'a', 3, { status: 'created' }));
    expect(store.entities.get('a')?.value.status).toBe('baking');
    expect(store.position).toBe('12');
  });

  it('keeps what is shown over a gap, and then shows the new snapshot in one go', async () => {
    const later = { position: '50', entities: [entity('b', 1, 'created')] };
    const { store, transport, open, receive } = setUp([AT_TEN, later]);
    store.start();
    await open();
    receive({ name: 'gap', id: '40', data: '{}' });
    expect(store.hasGap).toBe(true);
    expect(transport.last.isClosed).toBe(true);
    expect(store.entities.get('a')).toBeDefined();
    await open();
    expect(store.hasGap).toBe(false);
    expect(store.entities.get('a')).toBeUndefined();
    expect(store.entities.get('b')).toBeDefined();
    expect(transport.last.after).toBe('50');
  });

  it('goes on after the gap where a snapshot has no position', async () => {
    const { store, transport, open, receive } = setUp([{ position: undefined, entities: [] }]);
    store.start();
    await open();
    expect(transport.last.after).toBeUndefined();
    receive({ name: 'gap', id: '40', data: '{}' });
    await open();
    expect(transport.last.after).toBe('40');
  });

  it.each([
    ['an event', event(7, 'a', 9, { status: 'ready' })],
    ['an opening', { name: '', data: '', id: '3' }],
    [
      'the time',
      { name: 'time', data: '{"at":"2026-01-01T00:00:00Z","position":9}', id: undefined },
    ],
  ])('reads everything anew when %s is at a position that goes backwards', async (_, back) => {
    const anew = { position: '7', entities: [entity('a', 1, 'created')] };
    const { store, transport, open, receive } = setUp([AT_TEN, anew]);
    store.start();
    await open();
    receive(back);
    await open();
    expect(store.entities.get('a')).toMatchObject({ version: 1, value: { status: 'created' } });
    expect(transport.last.after).toBe('7');
  });

  it('asks once for an entity it does not know, and merges what came meanwhile', async () => {
    const { store, open, receive, fetched } = setUp([AT_TEN], [entity('b', 2, 'preparing')]);
    store.start();
    await open();
    receive(event(11, 'b', 3, { driver: 'd' }), event(12, 'b', 4, { status: 'baking' }));
    expect(store.entities.get('b')?.isStub).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(fetched).toEqual(['b']);
    expect(store.entities.get('b')).toEqual({
      version: 4,
      value: { status: 'baking', driver: 'd' },
      isStub: false,
    });
  });

  it('asks again when the network is back, and not twice at once', async () => {
    const found = [entity('b', 2, 'preparing')];
    const { store, transport, open, receive, fetched, network } = setUp([AT_TEN], found);
    store.start();
    await open();
    network.isThere = false;
    receive(event(11, 'b', 3, { driver: 'd' }));
    await vi.advanceTimersByTimeAsync(0);
    transport.last.handlers.close(undefined);
    network.isThere = true;
    for (let times = 0; times < 2; times++) {
      store.retryNow();
      transport.last.handlers.open();
      transport.last.handlers.close(undefined);
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(fetched).toEqual(['b', 'b']);
    expect(store.entities.get('b')?.value).toEqual({ status: 'preparing', driver: 'd' });
  });

  it('drops and counts an entity that nobody knows', async () => {
    const { store, open, receive } = setUp([AT_TEN]);
    store.start();
    await open();
    receive(event(11, 'ghost', 1, { status: 'created' }));
    await vi.advanceTimersByTimeAsync(0);
    expect(store.entities.get('ghost')).toBeUndefined();
    expect(store.dropped).toBe(1);
  });

  it('draws at most 200 events a frame', async () => {
    const { store, open, transport, frames } = setUp([AT_TEN]);
    store.start();
    await open();
    for (let n = 1; n <= 450; n++) {
      transport.last.handlers.event(event(10 + n, 'a', 3 + n, { status: String(n) }));
    }
    const seen: (string | undefined)[] = [];
    for (let frame = 0; frame < 3; frame++) {
      frames.run();
      seen.push(store.entities.get('a')?.value.status);
    }
    expect(seen).toEqual(['200', '400', '450']);
    expect(store.pending).toBe(0);
  });
});

describe('a store that loses its stream', () => {
  it('waits longer each time, and goes on after the last position', async () => {
    const { store, transport, open, receive } = setUp([AT_TEN]);
    store.start();
    await open();
    receive(event(11, 'a', 4, { status: 'ready' }));
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      transport.last.handlers.close(unreachable());
      expect(store.status).toBe('waiting');
      waits.push(Math.round((store.nextTryAt ?? 0) - (1_000_000 - 0) - performance.now()));
      const before = transport.opened.length;
      await vi.advanceTimersToNextTimerAsync();
      expect(transport.opened.length).toBe(before + 1);
      expect(transport.last.after).toBe('11');
    }
    const first = waits[0] ?? 0;
    expect(waits.map((wait) => wait - first)).toEqual([0, 500, 1500, 3500, 7500, 14500, 14500]);
  });

  it('waits as long as the server says', async () => {
    const { store, clock } = setUp([problem(503, 20_000), AT_TEN]);
    store.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.status).toBe('waiting');
    expect((store.nextTryAt ?? 0) - clock.now()).toBe(20_000);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.status).toBe('connecting');
  });

  it.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'gone'],
    [410, 'gone'],
  ])('does not try again after %d', async (status, expected) => {
    const { store } = setUp([problem(status)]);
    store.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.status).toBe(expected);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes a silent connection for dead', async () => {
    const { store, transport, open } = setUp([AT_TEN]);
    store.start();
    await open();
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1_000);
    transport.last.handlers.sign();
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1_000);
    expect(store.status).toBe('live');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.status).toBe('waiting');
    expect(transport.last.isClosed).toBe(true);
  });

  it('is in doubt when the browser says that there is no network, until a sign comes', async () => {
    const { store, transport, open } = setUp([AT_TEN]);
    store.start();
    await open();
    store.doubt();
    transport.last.handlers.sign();
    await vi.advanceTimersByTimeAsync(DOUBT_MS);
    expect(store.status).toBe('live');
    store.doubt();
    await vi.advanceTimersByTimeAsync(DOUBT_MS);
    expect(store.status).toBe('waiting');
  });

  it('tries at once when asked', async () => {
    const { store, transport, open } = setUp([AT_TEN]);
    store.start();
    await open();
    transport.last.handlers.close(undefined);
    store.retryNow();
    expect(transport.opened.length).toBe(2);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('holds no connection after the end, nor while it is paused', async () => {
    const { store, transport, open, receive } = setUp([AT_TEN]);
    store.start();
    await open();
    store.pause();
    expect(transport.last.isClosed).toBe(true);
    store.resume();
    expect(transport.last.after).toBe('10');
    transport.last.handlers.open();
    receive({ name: 'end', id: '10.end', data: '{}' });
    expect(store.status).toBe('ended');
    expect(transport.last.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('learns the time from the stream', async () => {
    const { store, clock, open, receive } = setUp([AT_TEN]);
    store.start();
    await open();
    receive({ name: 'time', id: undefined, data: '{"at":"2026-01-01T00:00:00Z","position":10}' });
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1));
  });
});

describe('a store that remembers', () => {
  function memoryOf(remembered: Remembered<Order> | undefined) {
    const saved: (Remembered<Order> | undefined)[] = [];
    let forgotten = 0;
    const memory: Memory<Order> = {
      load: () => Promise.resolve(remembered),
      save: (state) => void saved.push(state()),
      forget: () => void forgotten++,
    };
    return { memory, saved, forgotten: () => forgotten };
  }
  const KEPT: Remembered<Order> = {
    position: '8',
    signAt: 1_000_000 - 60_000,
    entities: [entity('a', 3, 'baking')],
  };

  it('shows what an earlier page knew, and goes on from there', async () => {
    const { memory } = memoryOf(KEPT);
    const { store, transport, open, receive } = setUp([problem(500)], [], memory);
    store.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(store).toMatchObject({ hasData: true, isRemembered: true, lastSignAt: KEPT.signAt });
    expect(transport.last.after).toBe('8');
    await open();
    expect(store).toMatchObject({ isRemembered: false, isCatchingUp: true });
    receive(event(9, 'a', 4, { status: 'ready' }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.isCatchingUp).toBe(false);
    expect(store.entities.get('a')?.value.status).toBe('ready');
  });

  it('saves what it is when it has applied what came, and never in between', async () => {
    const { memory, saved } = memoryOf(undefined);
    const { store, transport, open, frames } = setUp([AT_TEN], [], memory);
    store.start();
    await open();
    expect(saved.at(-1)).toMatchObject({ position: '10', entities: [entity('a', 3, 'baking')] });
    transport.last.handlers.event(event(11, 'a', 4, { status: 'ready' }));
    transport.last.handlers.event({ name: 'time', data: '{}', id: undefined });
    expect(saved.at(-1)).toBeUndefined();
    frames.run();
    expect(saved.at(-1)).toMatchObject({ position: '11', entities: [entity('a', 4, 'ready')] });
  });

  it('remembers also that of which only an event had told, and asks for it then', async () => {
    const { memory, saved } = memoryOf(undefined);
    const first = setUp([AT_TEN], [], memory);
    first.store.start();
    await first.open();
    first.network.isThere = false;
    first.receive(event(11, 'b', 3, { driver: 'd' }));
    await vi.advanceTimersByTimeAsync(0);
    const next = setUp([problem(500)], [entity('b', 2, 'ready')], memoryOf(saved.at(-1)).memory);
    next.store.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(next.store.entities.get('b')?.value).toEqual({ driver: 'd' });
    expect(next.fetched).toEqual([]);
    await next.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(next.store.entities.get('b')?.value).toEqual({ status: 'ready', driver: 'd' });
  });

  it.each([
    [403, false, 1],
    [404, false, 1],
    [401, true, 0],
  ])('after %d still shows it: %s', async (status, shows, times) => {
    const { memory, forgotten } = memoryOf(KEPT);
    const { store, transport } = setUp([AT_TEN], [], memory);
    store.start();
    await vi.advanceTimersByTimeAsync(0);
    transport.last.handlers.close(problem(status));
    expect(store.hasData).toBe(shows);
    expect(store.entities.size).toBe(shows ? 1 : 0);
    expect(forgotten()).toBe(times);
  });

  it('asks for everything where nothing is remembered, and nothing once it was stopped', async () => {
    const { memory } = memoryOf(undefined);
    const { store, transport } = setUp([AT_TEN], [], memory);
    store.start();
    store.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(transport.opened.length).toBe(0);
    store.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(transport.last.after).toBe('10');
  });
});

describe('a store that comes back', () => {
  it.each([
    [1_000, false],
    [6_000, true],
  ])('after %d ms is catching up: %s', async (ms, isCatchingUp) => {
    const { store, transport, open } = setUp([AT_TEN]);
    store.start();
    await open();
    transport.last.handlers.close(undefined);
    await vi.advanceTimersByTimeAsync(ms);
    store.retryNow();
    transport.last.handlers.open();
    expect(store.isCatchingUp).toBe(isCatchingUp);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.isCatchingUp).toBe(false);
  });
});
