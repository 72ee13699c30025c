import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from '../time/clock';
import type { Command } from './command';
import { CommandSender } from './sender';

type Reply = Response | 'lost' | 'silent';

const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ type: `urn:awesome-pizza:problem:${code}`, detail: code }), {
    status,
    headers,
  });

function setUp(replies: Reply[]) {
  const sent: { path: string; init: RequestInit }[] = [];
  const state = { isOnline: true };
  const clock = new ServerClock(
    () => performance.now(),
    () => 0,
  );
  const request = (path: string, init: RequestInit): Promise<Response> => {
    sent.push({ path, init });
    const reply = replies.shift() ?? Response.json({ ok: true });
    if (reply === 'lost') return Promise.reject(new TypeError('network'));
    if (reply !== 'silent') return Promise.resolve(reply);
    return new Promise((_, reject) => {
      // The timeout of the platform does not follow a test's clock.
      setTimeout(() => reject(new DOMException('late', 'TimeoutError')), 10_000);
    });
  };
  const sender = new CommandSender({
    request,
    clock,
    isOnline: () => state.isOnline,
    random: () => 0.5,
  });
  const keys = () => sent.map(({ init }) => new Headers(init.headers).get('idempotency-key'));
  return { sender, sent, keys, state, clock };
}

const START = { method: 'POST', path: '/api/start', body: { a: 1 } } as const;

const run = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a command', () => {
  it('is done when the server says so, and not before', async () => {
    const { sender, sent } = setUp([]);
    const command = sender.send({ ...START, ifMatch: 7 });
    expect(command.status).toBe('sending');
    await run();
    expect(command).toMatchObject({ status: 'done', answer: { ok: true } });
    const headers = new Headers(sent[0]?.init.headers);
    expect(headers.get('if-match')).toBe('"7"');
    expect(headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
    expect(sender.pending.size).toBe(0);
  });

  it('is sent again with the same key until there is an answer', async () => {
    const { sender, keys } = setUp(['lost', 'silent', problem(504, 'deadline')]);
    const command = sender.send(START);
    await run();
    expect(command).toMatchObject({ status: 'sending', isInDoubt: true });
    await run(60_000);
    expect(command).toMatchObject({ status: 'done', isInDoubt: false, attempts: 4 });
    expect(new Set(keys()).size).toBe(1);
  });

  it('waits as long as the server says, and is not in doubt', async () => {
    const { sender, sent, clock } = setUp([problem(429, 'too-fast', { 'retry-after': '4' })]);
    const command = sender.send(START);
    await run();
    expect(command.isInDoubt).toBe(false);
    expect((command.retryAt ?? 0) - clock.now()).toBe(4_000);
    await run(3_900);
    expect(sent.length).toBe(1);
    await run(100);
    expect(command.status).toBe('done');
  });

  it('can be stopped while it waits', async () => {
    const { sender, sent } = setUp([problem(503, 'overloaded')]);
    const command = sender.send(START);
    await run();
    command.stop();
    await run(60_000);
    expect(command.status).toBe('refused');
    expect(sent.length).toBe(1);
    expect(sender.pending.size).toBe(0);
  });

  it.each([
    [409, 'rejected'],
    [412, 'stale'],
    [422, 'invalid'],
    [403, 'forbidden'],
    [500, 'actor-failed'],
  ])('is refused by %d %s, once', async (status, code) => {
    const { sender, sent } = setUp([problem(status, code)]);
    const command = sender.send(START);
    await run(60_000);
    expect(command).toMatchObject({ status: 'refused', problem: { status, code } });
    expect(sent.length).toBe(1);
  });

  it('counts as done when somebody else has done it', async () => {
    const { sender } = setUp([problem(409, 'conflict')]);
    const command = sender.send({ ...START, isDone: ({ code }) => code === 'conflict' });
    await run();
    expect(command.status).toBe('done');
  });

  it('is kept without a network, and sent when it is back', async () => {
    const { sender, sent, state } = setUp([]);
    state.isOnline = false;
    const command = sender.send(START);
    await run(60_000);
    expect(command.status).toBe('kept');
    expect(sent.length).toBe(0);
    state.isOnline = true;
    sender.resume();
    await run();
    expect(command.status).toBe('done');
  });

  it('is kept while nobody is signed in, and sent once afterwards', async () => {
    const { sender, keys } = setUp([problem(401, 'unauthorized')]);
    const command = sender.send(START);
    await run(60_000);
    expect(command.status).toBe('kept');
    sender.resume();
    await run();
    expect(command.status).toBe('done');
    expect(keys().length).toBe(2);
    expect(new Set(keys()).size).toBe(1);
  });

  it('waits for the one before it on the same entity, and for no other', async () => {
    const { sender, sent } = setUp(['lost']);
    const paths = ['/1', '/2', '/3'];
    const entities = ['a', 'a', 'b'];
    const all: Command[] = paths.map((path, n) =>
      sender.send({ ...START, path, entity: entities[n] ?? '' }),
    );
    await run();
    expect(sent.map(({ path }) => path)).toEqual(['/1', '/3']);
    await run(5_000);
    expect(sent.map(({ path }) => path)).toEqual(['/1', '/3', '/1', '/2']);
    expect(all.every(({ status }) => status === 'done')).toBe(true);
  });

  it('takes the key of a page that is gone', async () => {
    const { sender, keys } = setUp([]);
    sender.send({ ...START, key: 'k' });
    await run();
    expect(keys()).toEqual(['k']);
  });
});
