import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, unreachable, type Problem } from '../api/problem';
import { clock } from '../time/now';
import { Reading } from './reading.svelte';

const problem = (status: number, retryAfterMs?: number): Problem => ({
  ...unreachable(),
  status,
  retryAfterMs,
});

class Page extends EventTarget {
  hidden = false;
}

function setUp(answers: (string | undefined | Problem)[], everyMs?: number) {
  let asked = 0;
  const reading = new Reading<string>(() => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (typeof answer === 'object') return Promise.reject(new ApiError(answer));
    return Promise.resolve(answer);
  }, everyMs);
  const kind = (isOnline = true) => reading.condition(clock.now(), isOnline)?.kind;
  return { reading, kind, asked: () => asked };
}

const run = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
let page = new Page();

beforeEach(() => {
  vi.useFakeTimers();
  page = new Page();
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('something that is read', () => {
  it('is read once, and has no light when it is there', async () => {
    const { reading, kind, asked } = setUp(['menu']);
    expect(kind()).toBe('first-load');
    await run(60_000);
    expect(reading.value).toBe('menu');
    expect(kind()).toBeUndefined();
    expect(kind(false)).toBe('offline');
    expect(asked()).toBe(1);
  });

  it('is asked for again until there is an answer, and says since when there is none', async () => {
    const { reading, kind, asked } = setUp([problem(0), problem(0), problem(0), 'menu']);
    const begin = clock.now();
    await run();
    expect(kind()).toBe('offline');
    expect(reading.downSince).toBeCloseTo(begin);
    expect((reading.nextTryAt ?? 0) - clock.now()).toBeGreaterThan(300);
    await run(6_000);
    expect(asked()).toBe(4);
    expect(reading).toMatchObject({ value: 'menu', problem: undefined, downSince: undefined });
  });

  it.each([
    [503, 20_000, 'overloaded'],
    [500, undefined, 'broken'],
  ])('after %d waits %s ms and is %s', async (status, retryAfterMs, expected) => {
    const { reading, kind, asked } = setUp([problem(status, retryAfterMs), 'menu']);
    await run();
    expect(kind()).toBe(expected);
    await run((retryAfterMs ?? 300) - 1);
    expect(asked()).toBe(1);
    reading.retryNow();
    await run();
    expect(reading.value).toBe('menu');
  });

  it.each([401, 403, 404])('is not asked for again after %d', async (status) => {
    const { kind, asked } = setUp([problem(status)]);
    await run(120_000);
    expect(asked()).toBe(1);
    expect(kind()).toBeUndefined();
  });

  it('that changes is asked for while somebody looks, and at once when they look again', async () => {
    const { kind, asked } = setUp(['one'], 5_000);
    await run(10_001);
    expect(asked()).toBe(3);
    expect(kind()).toBe('live');
    page.hidden = true;
    page.dispatchEvent(new Event('visibilitychange'));
    await run(60_000);
    expect(asked()).toBe(3);
    page.hidden = false;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(asked()).toBe(4);
  });

  it('keeps what it had, and says nothing any more once it is stopped', async () => {
    const { reading, asked } = setUp(['one', problem(0)], 5_000);
    await run(5_000);
    expect(reading.value).toBe('one');
    expect(reading.problem?.status).toBe(0);
    reading.stop();
    await run(60_000);
    expect(asked()).toBe(2);
  });

  it('is not asked for again where there is nothing of the kind', async () => {
    const { reading, asked } = setUp([undefined], 5_000);
    await run(60_000);
    expect(reading.isAbsent).toBe(true);
    expect(asked()).toBe(1);
  });
});
