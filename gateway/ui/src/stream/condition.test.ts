import { describe, expect, it } from 'vitest';
import { unreachable } from '../api/problem';
import { conditionOf, type Observed } from './condition';

const NOW = 1_000_000;
const LIVE: Observed = {
  status: 'live',
  problem: undefined,
  downSince: undefined,
  lastSignAt: NOW - 1_000,
  lastChangeAt: NOW - 1_000,
  hasData: true,
  hasGap: false,
  isRemembered: false,
  isCatchingUp: false,
  pending: 0,
};
const DOWN: Observed = { ...LIVE, status: 'waiting', downSince: NOW - 2_000 };
const FIRST: Observed = { ...DOWN, status: 'snapshot', hasData: false };

const cases: [string, Observed, string, string?][] = [
  ['nothing has come yet', FIRST, 'first-load', 'loading'],
  [
    'nobody answers the first request',
    { ...FIRST, status: 'waiting', downSince: NOW - 9_000 },
    'offline',
  ],
  ['all is well', LIVE, 'live', 'live'],
  [
    'no event came',
    { ...LIVE, lastChangeAt: NOW - 185_000 },
    'quiet',
    'live · nothing new for 3 min',
  ],
  ['no sign came', { ...LIVE, lastSignAt: NOW - 21_000 }, 'reconnecting'],
  [
    'the past comes',
    { ...LIVE, isCatchingUp: true, pending: 340 },
    'catching-up',
    'catching up · 340 events',
  ],
  [
    'an earlier page has left something',
    { ...DOWN, status: 'connecting', isRemembered: true },
    'catching-up',
  ],
  [
    'what an earlier page has left is not confirmed soon',
    { ...DOWN, status: 'connecting', isRemembered: true, downSince: NOW - 5_000 },
    'offline',
  ],
  ['it is just gone', DOWN, 'reconnecting', 'reconnecting'],
  ['it is gone for long', { ...DOWN, downSince: NOW - 5_000 }, 'offline', 'offline'],
  ['events were lost', { ...DOWN, status: 'snapshot', hasGap: true }, 'gap', 'catching up'],
  [
    'the server is busy',
    { ...DOWN, problem: { ...unreachable(), status: 503 } },
    'overloaded',
    'busy',
  ],
  [
    'the server has failed',
    { ...FIRST, status: 'waiting', problem: { ...unreachable(), status: 500 } },
    'broken',
  ],
  [
    'this page has failed',
    { ...DOWN, problem: { ...unreachable(), code: 'broken' } },
    'broken',
    'out of order',
  ],
  ['it may not be seen', { ...LIVE, status: 'refused' }, 'refused'],
  ['there is no such thing', { ...LIVE, status: 'gone' }, 'gone'],
  ['nothing follows', { ...LIVE, status: 'ended' }, 'ended', 'finished'],
];

describe('the condition of a live region', () => {
  it.each(cases)('when %s', (_, observed, kind, word) => {
    const condition = conditionOf(observed, NOW, true);
    expect(condition.kind).toBe(kind);
    if (word) expect(condition.word).toBe(word);
  });

  it('is offline at once when the browser says so', () => {
    expect(conditionOf(DOWN, NOW, false).kind).toBe('offline');
  });
});
