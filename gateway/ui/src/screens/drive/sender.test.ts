import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fix, NOW } from './fixtures';
import type { Fix } from './model';
import { BATCH_MAX, KEPT_MAX, PositionSender } from './sender';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A server that can be away, and what a next page would find. */
function opened(stored: { fixes: readonly Fix[] } = { fixes: [] }) {
  const state = { isAway: false, accepts: true };
  const sent: Fix[][] = [];
  const sender = new PositionSender({
    send: (fixes) => {
      if (state.isAway) return Promise.reject(new Error('nobody answers'));
      sent.push(fixes);
      return Promise.resolve(state.accepts);
    },
    now: () => NOW,
    changed: () => undefined,
    keep: (fixes) => (stored.fixes = fixes()),
    random: () => 0.5,
  });
  return { sender, state, sent, stored };
}

/** Whose earlier page has left nothing. */
function setUp() {
  const set = opened();
  set.sender.restore([]);
  return set;
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('positions', () => {
  it('are sent at most once a second, and only when they are others', async () => {
    const { sender, sent } = setUp();
    const taken = [
      fix(NOW, 0),
      fix(NOW + 500, 50), // too soon
      fix(NOW + 1_000, 4), // not far enough
      fix(NOW + 1_100, 6),
      fix(NOW + 10_000, 7), // not far, not long
      fix(NOW + 16_100, 7), // a sign of life
      fix(NOW + 15_000, 500), // older than the last
    ].map((one) => sender.take(one));
    await settle();
    expect(taken).toEqual([true, false, false, true, false, true, false]);
    expect(sent.flat().map(({ at }) => at - NOW)).toEqual([0, 1_100, 16_100]);
    expect(sender.acceptedAt).toBe(NOW);
  });

  it('are kept without a network, the last of them, and sent oldest first with their times', async () => {
    const { sender, state, sent } = setUp();
    state.isAway = true;
    for (let n = 0; n < KEPT_MAX + 20; n++) sender.take(fix(NOW + n * 1_000, n * 10));
    await settle();
    expect(sender.kept).toBe(KEPT_MAX);
    expect(sender.failures).toBe(1);
    state.isAway = false;
    sender.retryNow();
    await settle();
    expect(sent.map((batch) => batch.length)).toEqual([100, 100, 100, 100, 100]);
    expect(BATCH_MAX).toBe(100);
    const times = sent.flat().map(({ at }) => (at - NOW) / 1_000);
    expect(times).toEqual(Array.from({ length: KEPT_MAX }, (_, n) => n + 20));
    expect(sender.kept).toBe(0);
    expect(sender.failures).toBe(0);
  });

  it('that are kept outlive the page, and go once each before those of the next one', async () => {
    const first = setUp();
    first.state.isAway = true;
    first.sender.take(fix(NOW, 0));
    first.sender.take(fix(NOW + 1_000, 10));
    await settle();
    first.sender.flush();
    first.sender.close();
    const next = opened(first.stored);
    next.sender.take(fix(NOW + 2_000, 20));
    next.sender.restore(next.stored.fixes);
    await settle();
    expect(next.sent.flat().map(({ at }) => at - NOW)).toEqual([0, 1_000, 2_000]);
    expect(next.stored.fixes).toEqual([]);
  });

  it('that go at once are written nowhere, unless the page goes before them', async () => {
    const { sender, stored } = setUp();
    sender.take(fix(NOW, 0));
    await settle();
    sender.flush();
    expect(stored.fixes).toEqual([]);
    sender.take(fix(NOW + 1_000, 10));
    sender.flush();
    expect(stored.fixes.length).toBe(1);
  });

  it('are tried again by themselves, later and later', async () => {
    const { sender, state, sent } = setUp();
    state.isAway = true;
    sender.take(fix(NOW, 0));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sender.failures).toBeGreaterThan(3);
    expect(sender.failures).toBeLessThan(12);
    state.isAway = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sent.length).toBe(1);
  });

  it('that the server does not want are not sent again', async () => {
    const { sender, state, sent } = setUp();
    state.accepts = false;
    sender.take(fix(NOW, 0));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent.length).toBe(1);
    expect(sender.acceptedAt).toBeUndefined();
  });

  it('that come while others are on their way follow them', async () => {
    const { sender, sent } = setUp();
    sender.take(fix(NOW, 0));
    sender.take(fix(NOW + 1_000, 10));
    sender.take(fix(NOW + 2_000, 20));
    await settle();
    expect(sent.map((batch) => batch.length)).toEqual([1, 2]);
  });

  it('are not sent by a page that is gone', async () => {
    const { sender, state, sent } = setUp();
    state.isAway = true;
    sender.take(fix(NOW, 0));
    await settle();
    sender.close();
    state.isAway = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent.length).toBe(0);
  });
});
