import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fix, NOW } from './fixtures';
import type { Fix } from './model';
import { KEPT_MAX, PositionSender } from './sender';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A server that can be away. */
function setUp() {
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
    random: () => 0.5,
  });
  return { sender, state, sent };
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

  it('are kept without a network, the last hundred, and sent together with their times', async () => {
    const { sender, state, sent } = setUp();
    state.isAway = true;
    for (let n = 0; n < KEPT_MAX + 20; n++) sender.take(fix(NOW + n * 1_000, n * 10));
    await settle();
    expect(sender.kept).toBe(KEPT_MAX);
    expect(sender.failures).toBe(1);
    state.isAway = false;
    sender.retryNow();
    await settle();
    expect(sent.length).toBe(1);
    expect(sent[0]?.length).toBe(KEPT_MAX);
    expect(sent[0]?.[0]?.at).toBe(NOW + 20_000);
    expect(sender.kept).toBe(0);
    expect(sender.failures).toBe(0);
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
