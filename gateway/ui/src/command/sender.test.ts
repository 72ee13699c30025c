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

describe('commands that were kept', () => {
  const named = (sender: CommandSender, ...names: string[]) =>
    names.map((name) => sender.send({ ...START, path: `/${name}`, entity: name.slice(0, 1) }));
  const paths = (sent: { path: string }[]) => sent.map(({ path }) => path.slice(1)).join(' ');
  const statuses = (commands: Command[]) => commands.map(({ status }) => status);

  it('are sent one after the other, as they were made', async () => {
    const { sender, sent, state } = setUp([]);
    state.isOnline = false;
    const commands = named(sender, 'a1', 'b1', 'a2', 'c1', 'b2');
    await run(1_000);
    expect(new Set(statuses(commands))).toEqual(new Set(['kept']));
    state.isOnline = true;
    sender.resume();
    const [late] = named(sender, 'd1');
    await run();
    expect(paths(sent)).toBe('a1 b1 a2 c1 b2 d1');
    expect(new Set(statuses(commands))).toEqual(new Set(['done']));
    expect(late?.status).toBe('done');
  });

  it('wait for the oldest, which alone asks whether the server is back', async () => {
    const { sender, sent } = setUp(['lost', 'lost', 'lost']);
    const commands = named(sender, 'a1');
    await run();
    commands.push(...named(sender, 'b1', 'a2', 'c1'));
    expect(statuses(commands)).toEqual(['sending', 'kept', 'kept', 'kept']);
    await run(60_000);
    expect(paths(sent)).toBe('a1 a1 a1 a1 b1 a2 c1');
    expect(sender.pending.size).toBe(0);
  });

  it('are not held up by one whose own thing has too much to do', async () => {
    const { sender, sent, state } = setUp([problem(503, 'overloaded', { 'retry-after': '30' })]);
    state.isOnline = false;
    named(sender, 'a1', 'a2', 'b1', 'c1');
    state.isOnline = true;
    sender.resume();
    await run(1_000);
    expect(paths(sent)).toBe('a1 b1 c1');
    await run(30_000);
    expect(paths(sent)).toBe('a1 b1 c1 a1 a2');
  });

  it.each([
    ['nobody is signed in', problem(401, 'unauthorized'), 'a1'],
    ['the server is asked too often', problem(429, 'too-fast', { 'retry-after': '40' }), 'a1'],
  ])('wait together when %s', async (_, reply, tried) => {
    const { sender, sent } = setUp([reply]);
    const commands = named(sender, 'a1');
    await run();
    commands.push(...named(sender, 'b1', 'c1'));
    await run(30_000);
    expect(paths(sent)).toBe(tried);
    expect(commands[2]).toMatchObject({ status: 'kept', problem: { status: reply.status } });
    sender.resume();
    await run();
    expect(paths(sent)).toBe('a1 a1 b1 c1');
  });

  it('go on when somebody gives up the oldest', async () => {
    const { sender, sent } = setUp(['lost']);
    const [oldest] = named(sender, 'a1');
    await run();
    named(sender, 'b1');
    oldest?.stop();
    await run();
    expect(paths(sent)).toBe('a1 b1');
  });

  it('are five hundred, and none of them is lost or sent twice', async () => {
    const { sender, sent, state, keys } = setUp([]);
    state.isOnline = false;
    for (let n = 0; n < 500; n++) sender.send({ ...START, entity: `order/${n % 40}`, key: `${n}` });
    await run(600_000);
    state.isOnline = true;
    sender.resume();
    await run();
    expect(sent.length).toBe(500);
    expect(keys()).toEqual(Array.from({ length: 500 }, (_, n) => String(n)));
    expect(sender.pending.size).toBe(0);
    // On a busy machine so many take longer than a test is given by default.
  }, 60_000);
});
