import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { knock } from './knock';
import type { StreamStore } from './store';

function away(problem = 0) {
  const listeners = new Set<() => void>();
  const store = {
    status: 'waiting',
    problem: { status: problem },
    downSince: 0,
    retryNow: vi.fn(() => (store.status = 'connecting')),
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const tell = () => listeners.forEach((listener) => listener());
  return { store, tell };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(problem?: number) {
  const { store, tell } = away(problem);
  const answers: boolean[] = [];
  const ask = vi.fn(() => Promise.resolve(answers.shift() ?? false));
  const environment = { ask, mayAsk: () => true, now: () => performance.now() };
  const end = knock(store as unknown as StreamStore<unknown>, environment);
  tell();
  return { store, answers, ask, end };
}

it('tries at once when the server is back', async () => {
  const { store, answers, ask } = watch();
  answers.push(false, false, true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ask).toHaveBeenCalledTimes(3);
  expect(store.retryNow).toHaveBeenCalledTimes(1);
});

it('leaves one alone that answers and has too much to do', async () => {
  const { ask } = watch(503);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ask).not.toHaveBeenCalled();
});

it('gives up after a while, and when it is ended', async () => {
  const { ask, end } = watch();
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  const asked = ask.mock.calls.length;
  expect(asked).toBeLessThanOrEqual(201);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask.mock.calls.length).toBe(asked);
});
