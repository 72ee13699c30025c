import { describe, expect, it } from 'vitest';
import type { ConditionKind } from '../../stream/condition';
import { look } from './changes';
import { NOON, ticketOf } from './fixtures';
import type { Ticket } from './model';
import { Teller } from './teller';

const MINUTE = 60_000;

function setUp(tickets: Ticket[]) {
  let now = NOON;
  const state = { tickets };
  const teller = new Teller(look(tickets, now), now);
  const hear = (kind: ConditionKind, after = 0) => {
    now += after;
    return teller.hear(kind, look(state.tickets, now), now);
  };
  return { state, hear };
}

const a = ticketOf('a', { place: 1 });
const b = ticketOf('b', { place: 2 });
const c = ticketOf('c', { place: 3 });

describe('what is told', () => {
  it('is a sound at once, and a sentence at most every five seconds', () => {
    const { state, hear } = setUp([a]);
    expect(hear('live', 5_000)).toEqual({});
    state.tickets = [a, b];
    expect(hear('live', 1_000)).toEqual({ tune: 'new' });
    state.tickets = [a, b, c];
    expect(hear('live', 1_000)).toEqual({ tune: 'new' });
    expect(hear('live', 3_000)).toEqual({ words: '2 new orders.' });
    expect(hear('live', 60_000)).toEqual({});
  });

  it('is one summary with one sound after the past was caught up with', () => {
    const { state, hear } = setUp([a, b]);
    hear('live', 5_000);
    expect(hear('offline', 10_000)).toEqual({});
    // Event after event comes in, and nothing is said.
    state.tickets = [a, b, c];
    expect(hear('catching-up', 5_000)).toEqual({});
    state.tickets = [{ ...a, status: 'delivered' }, { ...b, status: 'ready' }, c];
    expect(hear('catching-up', 1_000)).toEqual({});
    expect(hear('live', 1_000)).toEqual({
      tune: 'new',
      summary: 'While you were away: 1 new order, 1 ready, 1 gone.',
    });
    expect(hear('live', 60_000)).toEqual({});
  });

  it('is the same over a gap, and after a page that remembered opens', () => {
    for (const kind of ['gap', 'catching-up'] as const) {
      const { state, hear } = setUp([a]);
      hear(kind);
      state.tickets = [a, b];
      expect(hear('live', 1_000)).toMatchObject({ summary: 'While you were away: 1 new order.' });
    }
  });

  it('is nothing when nothing has happened meanwhile', () => {
    const { hear } = setUp([a]);
    hear('offline', 10_000);
    expect(hear('live', 10_000)).toEqual({});
  });

  it('is a late order also without a network, which the summary names again', () => {
    const { hear } = setUp([a]);
    hear('offline', 39 * MINUTE);
    expect(hear('offline', 2 * MINUTE)).toEqual({ tune: 'late', words: '1 late.' });
    expect(hear('offline', MINUTE)).toEqual({});
    expect(hear('live', MINUTE)).toEqual({ summary: 'While you were away: 1 late.' });
  });

  it('waits over a hiccup, and is no summary then', () => {
    const { state, hear } = setUp([a]);
    hear('live', 5_000);
    state.tickets = [a, b];
    expect(hear('reconnecting', 1_000)).toEqual({});
    expect(hear('live', 5_000)).toEqual({ tune: 'new', words: '1 new order.' });
  });
});
