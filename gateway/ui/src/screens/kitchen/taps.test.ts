import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Command, type CommandSpec } from '../../command/command';
import { unreachable } from '../../api/problem';
import type { Kept } from '../../keep/commands';
import { NOON, ticketOf } from './fixtures';
import type { Ticket } from './model';
import { DOUBLE_MS, Taps, UNDO_MS } from './taps';

function setUp(ticket: Ticket, stored: Kept[] = []) {
  const sent: Command[] = [];
  const kept = new Map(stored.map((tap) => [tap.key, tap]));
  const state = { ticket };
  const taps = new Taps({
    send: (spec: CommandSpec) => {
      const command = new Command(spec);
      sent.push(command);
      return command;
    },
    now: () => performance.now() + NOON,
    ticket: () => state.ticket,
    putBack: () => ({ method: 'POST', path: '/put-back' }),
    keeper: {
      isBroken: false,
      add: (tap) => void kept.set(tap.key, { ...tap, owner: 'kitchen/napoli' }),
      remove: (key) => void kept.delete(key),
      all: () => Promise.resolve([...kept.values()]),
    },
  });
  const bodies = () => sent.map(({ spec }) => spec.body ?? spec.path);
  const answered = (n: number, change: Parameters<Command['update']>[0] = { status: 'done' }) =>
    sent[n]?.update({ attempts: 1, ...change });
  const button = () => taps.button(state.ticket, performance.now() + NOON);
  return { taps, sent, kept, bodies, answered, state, button };
}

const START = { status: 'preparing', from: 'created' };
const BAKE = { status: 'baking', from: 'preparing' };
const DONE = { status: 'ready', from: 'baking' };

const run = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a tap', () => {
  it('that starts is sent at once, and can be taken back', async () => {
    const { taps, bodies, answered, button } = setUp(ticketOf('a', { place: 1 }));
    taps.press('a');
    expect(bodies()).toEqual([START]);
    expect(button()).toMatchObject({ kind: 'undo', seconds: 5 });
    answered(0);
    await run(DOUBLE_MS);
    taps.press('a');
    expect(bodies()).toEqual([START, '/put-back']);
    expect(button().kind).toBe('busy');
    answered(1);
    await run(0);
    expect(button()).toMatchObject({ kind: 'next', step: { word: 'Start' } });
  });

  it('that starts what was put back says that it waited as such', async () => {
    const { taps, bodies, answered, state, button } = setUp(
      ticketOf('a', { place: -1, status: 'preparing' }),
    );
    taps.press('a');
    expect(bodies()).toEqual([{ status: 'preparing', from: 'preparing' }]);
    answered(0);
    state.ticket = ticketOf('a', { status: 'preparing' });
    await run(UNDO_MS);
    expect(button()).toMatchObject({ kind: 'next', step: { word: 'In the oven' } });
  });

  it('that cannot be taken back is held until nobody takes it back', async () => {
    const { taps, bodies } = setUp(ticketOf('a', { status: 'baking' }));
    taps.press('a');
    await run(UNDO_MS - 1);
    expect(bodies()).toEqual([]);
    await run(1);
    expect(bodies()).toEqual([DONE]);
  });

  it('that was held and taken back is never sent', async () => {
    const { taps, sent, button } = setUp(ticketOf('a', { status: 'baking' }));
    taps.press('a');
    await run(1_000);
    expect(taps.undoLast()).toBe(true);
    expect(button().kind).toBe('next');
    await run(60_000);
    expect(sent).toEqual([]);
    expect(taps.undoLast()).toBe(false);
  });

  it('of a wet finger is one', async () => {
    const { taps, bodies } = setUp(ticketOf('a', { place: 1 }));
    taps.press('a');
    await run(DOUBLE_MS - 1);
    taps.press('a');
    expect(bodies()).toEqual([START]);
  });

  it('is not sent when the timer of the oven was quicker', async () => {
    const { taps, sent, state } = setUp(ticketOf('a', { status: 'baking' }));
    taps.press('a');
    state.ticket = ticketOf('a', { status: 'ready' });
    await run(UNDO_MS);
    expect(sent).toEqual([]);
  });

  it('that is held goes out before the page does', () => {
    const { taps, bodies, sent } = setUp(ticketOf('a', { status: 'preparing' }));
    taps.press('a');
    taps.flush();
    taps.flush();
    expect(bodies()).toEqual([BAKE]);
    expect(sent[0]?.spec.outlivesPage).toBe(true);
  });

  it('without a network is kept, counted, and simply forgotten by an undo', async () => {
    const { taps, sent, answered, button } = setUp(ticketOf('a', { place: 1 }));
    taps.press('a');
    answered(0, { status: 'kept', attempts: 0 });
    expect(taps.open).toEqual({ sending: 0, kept: 1 });
    taps.undoLast();
    await run(0);
    expect(sent.length).toBe(1);
    expect(sent[0]?.isStopped).toBe(true);
    expect(taps.refused).toEqual([]);
    expect(button().kind).toBe('next');
  });

  it('that is refused is told, and the button is as before', async () => {
    const { taps, answered, button } = setUp(ticketOf('a', { place: 1 }));
    taps.press('a');
    answered(0, {
      status: 'refused',
      problem: { ...unreachable('It was cancelled.'), status: 409 },
    });
    await run(0);
    expect(taps.refused).toMatchObject([{ orderId: 'a', what: 'Start', why: 'It was cancelled.' }]);
    expect(button().kind).toBe('next');
    taps.dismiss(taps.refused[0]?.key ?? '');
    expect(taps.refused).toEqual([]);
  });

  it('shows the way until the stream tells of it', async () => {
    const { taps, answered, button, state } = setUp(ticketOf('a', { status: 'baking' }));
    taps.press('a');
    await run(UNDO_MS);
    expect(button()).toEqual({ kind: 'busy', words: 'To: Ready' });
    answered(0);
    state.ticket = ticketOf('a', { status: 'ready' });
    expect(button().kind).toBe('none');
  });

  it('is stored until there is an answer, with all that it takes to send it again', () => {
    const { taps, kept, sent, answered } = setUp(ticketOf('a', { place: 1 }));
    taps.press('a');
    expect([...kept.values()]).toMatchObject([
      {
        key: sent[0]?.key,
        orderId: 'a',
        what: 'Start',
        spec: { method: 'PUT', entity: 'order/a' },
      },
    ]);
    expect(() => structuredClone([...kept.values()])).not.toThrow();
    answered(0);
    expect(kept.size).toBe(0);
  });

  it('of an earlier page is sent under its key, and one of yesterday is not', async () => {
    const tap = (key: string, at: number): Kept => ({
      ...{ key, owner: 'kitchen/napoli', what: 'Start', orderId: 'a', at: performance.now() + at },
      spec: { method: 'PUT', path: '/status', body: { status: 'preparing' }, entity: 'order/a' },
    });
    const waits = ticketOf('a', { place: 1 });
    const stored = [tap('old', NOON - 24 * 3_600_000), tap('new', NOON - 60_000)];
    const { taps, sent, button, answered, kept } = setUp(waits, stored);
    await taps.restore();
    expect(sent.map(({ key }) => key)).toEqual(['new']);
    // An older page did not say where it was tapped.
    expect(sent[0]?.spec.body).toEqual(START);
    expect(button()).toEqual({ kind: 'busy', words: 'To: Being made' });
    expect(taps.refused).toMatchObject([{ key: 'old', orderId: 'a' }]);
    answered(0);
    expect(kept.size).toBe(0);
  });
});

describe('without a network', () => {
  const NOT_SENT = { status: 'kept', attempts: 0 } as const;

  /** Each step is tapped, and the time in which it can be undone goes by. */
  async function madeOffline() {
    const set = setUp(ticketOf('a', { place: 1 }));
    for (let n = 0; n < 3; n++) {
      set.taps.press('a');
      await run(UNDO_MS);
      set.answered(n, NOT_SENT);
    }
    return set;
  }

  it('a pizza goes on tap by tap, and its card stays where the server has it', async () => {
    const { taps, bodies, button, kept } = await madeOffline();
    expect(bodies()).toEqual([START, BAKE, DONE]);
    expect(taps.keptOf('a').map(({ word }) => word)).toEqual(['Start', 'In the oven', 'Ready']);
    expect(button()).toEqual({ kind: 'busy', words: 'Kept, not sent yet' });
    expect(taps.open.kept).toBe(3);
    expect(kept.size).toBe(3);
  });

  it('the last tap can be taken back at any time, and then the one before it', async () => {
    const { taps, sent, button, kept } = await madeOffline();
    expect(taps.mayTakeBack('a')).toMatchObject({ word: 'Ready' });
    taps.takeBack('a');
    expect(sent[2]?.isStopped).toBe(true);
    expect(button()).toMatchObject({ kind: 'next', step: { word: 'Ready' } });
    taps.takeBack('a');
    expect(button()).toMatchObject({ kind: 'next', step: { word: 'In the oven' } });
    expect(kept.size).toBe(1);
    expect(taps.refused).toEqual([]);
  });

  it('what may have arrived is not taken back in silence', async () => {
    const { taps, answered } = await madeOffline();
    answered(2, { status: 'sending', attempts: 1, problem: unreachable() });
    expect(taps.mayTakeBack('a')).toBeUndefined();
    taps.takeBack('a');
    expect(taps.open.kept).toBe(3);
  });

  it('a tap is stored from the touch on, and no more once it is undone', async () => {
    const { taps, kept, sent } = setUp(ticketOf('a', { status: 'baking' }));
    taps.press('a');
    expect([...kept.keys()].length).toBe(1);
    const [key] = kept.keys();
    await run(DOUBLE_MS);
    taps.press('a');
    expect(kept.size).toBe(0);
    await run(DOUBLE_MS);
    taps.press('a');
    await run(UNDO_MS);
    expect([...kept.keys()]).toEqual([sent[0]?.key]);
    expect(sent[0]?.key).not.toBe(key);
  });

  it('the whole way of a pizza outlives a reload, in its order and with its keys', async () => {
    const { kept } = await madeOffline();
    const before = structuredClone([...kept.values()]);
    const next = setUp(ticketOf('a', { place: 1 }), before);
    await next.taps.restore();
    expect(next.sent.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
    expect(next.bodies()).toEqual([START, BAKE, DONE]);
    // Its age is that of the tap, and not of the reload.
    expect([...next.kept.values()].map(({ at }) => at)).toEqual(before.map(({ at }) => at));
    for (const n of [0, 1, 2]) next.answered(n);
    expect(next.kept.size).toBe(0);
  });

  it('a start that comes when somebody else has begun is no trouble, one of a pizza that fell is', async () => {
    const conflict = (current: string) => ({
      status: 'refused' as const,
      problem: { ...unreachable(`It is ${current}.`), status: 409, members: { current } },
    });
    const { taps, sent, answered } = await madeOffline();
    const [start, , ready] = sent.map(({ spec }) => spec);
    // The sender asks the command which refusals say that it is done.
    expect(start?.isDone?.(conflict('baking').problem)).toBe(true);
    expect(ready?.isDone?.(conflict('preparing').problem)).toBe(false);
    answered(2, conflict('preparing'));
    await run(0);
    expect(taps.refused).toMatchObject([{ what: 'Ready', why: 'It is preparing.' }]);
  });

  it('of a pizza that was cancelled meanwhile every tap is told', async () => {
    const { taps, answered, button } = await madeOffline();
    const problem = { ...unreachable('It was cancelled.'), status: 409 };
    for (const n of [0, 1, 2]) answered(n, { status: 'refused', problem });
    await run(0);
    expect(taps.refused.map(({ what }) => what)).toEqual(['Start', 'In the oven', 'Ready']);
    expect(button()).toMatchObject({ kind: 'next', step: { word: 'Start' } });
  });
});
