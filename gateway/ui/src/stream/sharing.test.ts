import { describe, expect, it, vi } from 'vitest';
import { sharedTransport, type Channel, type Sharing } from './sharing';
import type { StreamEvent } from './source';
import type { StreamHandlers, Transport } from './transport';

/** Locks and channels of one browser, without the browser. */
function browser(): Sharing {
  const held = new Set<string>();
  const waiting: { name: string; start: () => void }[] = [];
  const channels: { name: string; channel: Channel }[] = [];
  const grant = async (name: string, run: (lock: object) => unknown) => {
    held.add(name);
    const result = await run({});
    held.delete(name);
    const next = waiting.findIndex((one) => one.name === name);
    if (next >= 0) waiting.splice(next, 1)[0]?.start();
    return result;
  };
  const request = (
    name: string,
    options: { ifAvailable?: boolean },
    run: (lock: object | null) => unknown,
  ) => {
    if (!held.has(name)) return grant(name, run);
    if (options.ifAvailable) return Promise.resolve(run(null));
    return new Promise((resolve) => {
      waiting.push({ name, start: () => resolve(grant(name, run)) });
    });
  };
  const channel = (name: string): Channel => {
    const mine: Channel = {
      onmessage: null,
      postMessage: (data) => {
        const others = channels.filter((one) => one.name === name && one.channel !== mine);
        for (const other of others) {
          other.channel.onmessage?.({ data: structuredClone(data) } as MessageEvent);
        }
      },
      close: () => {
        const index = channels.findIndex((one) => one.channel === mine);
        channels.splice(index, 1);
      },
    };
    channels.push({ name, channel: mine });
    return mine;
  };
  return { locks: { request } as unknown as Sharing['locks'], channel };
}

class Server implements Transport {
  connections: { after: string | undefined; handlers: StreamHandlers }[] = [];
  open(_url: string, after: string | undefined, handlers: StreamHandlers): () => void {
    const connection = { after, handlers };
    this.connections.push(connection);
    handlers.open();
    return () => {
      this.connections = this.connections.filter((one) => one !== connection);
    };
  }
  send(position: number): void {
    for (const { handlers } of this.connections) handlers.event(status(position));
  }
}

const status = (position: number): StreamEvent => ({
  name: 'status',
  id: String(position),
  data: '{}',
});

function tab(transport: Transport, after?: string) {
  const ids: (string | undefined)[] = [];
  const names: string[] = [];
  const close = transport.open('/stream', after, {
    open: () => undefined,
    sign: () => undefined,
    event: ({ id, name }) => {
      ids.push(id);
      names.push(name);
    },
    close: () => undefined,
  });
  return { ids, names, close };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('tabs that want the same stream', () => {
  it('share one connection, and a late one misses nothing', async () => {
    const server = new Server();
    const sharing = browser();
    const open = (after?: string) => tab(sharedTransport(server, sharing), after);
    const first = open();
    await settle();
    server.send(1);
    server.send(2);
    const second = open();
    const third = open('1');
    await settle();
    server.send(3);
    expect(server.connections.length).toBe(1);
    expect(first.ids).toEqual(['1', '2', '3']);
    expect(second.ids).toEqual(['1', '2', '3']);
    expect(third.ids).toEqual(['2', '3']);
  });

  it('pass the connection on when the leader goes', async () => {
    const server = new Server();
    const sharing = browser();
    const first = tab(sharedTransport(server, sharing));
    await settle();
    const second = tab(sharedTransport(server, sharing));
    await settle();
    server.send(1);
    first.close();
    await settle();
    expect(server.connections.map(({ after }) => after)).toEqual(['1']);
    server.send(2);
    expect(first.ids).toEqual(['1']);
    expect(second.ids).toEqual(['1', '2']);
  });

  it('tell a gap to one that wants more than is kept', async () => {
    const server = new Server();
    const sharing = browser();
    tab(sharedTransport(server, sharing), '10');
    await settle();
    server.send(11);
    const late = tab(sharedTransport(server, sharing), '5');
    await settle();
    expect(late.names).toEqual(['gap']);
    expect(late.ids).toEqual(['11']);
  });

  it('still tell a late one everything after the connection was lost and found', async () => {
    const server = new Server();
    const sharing = browser();
    const leader = sharedTransport(server, sharing);
    const before = tab(leader);
    await settle();
    server.send(1);
    before.close();
    const after = tab(leader, '1');
    await settle();
    server.send(2);
    const late = tab(sharedTransport(server, sharing));
    await settle();
    expect(after.ids).toEqual(['2']);
    expect(late.ids).toEqual(['1', '2']);
  });

  it('read alone when the leader is asleep', async () => {
    vi.useFakeTimers();
    const sharing = browser();
    void sharing.locks.request('pizza /stream', {}, () => new Promise(() => undefined));
    const server = new Server();
    const alone = tab(sharedTransport(server, sharing), '4');
    await vi.advanceTimersByTimeAsync(1_100);
    server.send(5);
    expect(server.connections.map(({ after }) => after)).toEqual(['4']);
    expect(alone.ids).toEqual(['5']);
    vi.useRealTimers();
  });
});
