import { describe, expect, it } from 'vitest';
import { unreachable } from '../api/problem';
import { Command, type CommandSpec } from '../command/command';
import type { Kept } from './commands';
import { KeptTaps } from './taps';

const NOW = 1_750_000_000_000;
const DELIVER: CommandSpec = { method: 'POST', path: '/delivered', body: {}, entity: 'driver/d' };
const NOT_SENT = { status: 'kept', attempts: 0 } as const;

function setUp(stored: Kept[] = []) {
  const sent: Command[] = [];
  const kept = new Map(stored.map((tap) => [tap.key, tap]));
  const granted: string[] = [];
  const taps = new KeptTaps({
    send: (spec) => {
      const command = new Command(spec);
      sent.push(command);
      return command;
    },
    now: () => NOW,
    keeper: {
      isBroken: false,
      // As a database would have it: what is put is a copy.
      add: (tap) => void kept.set(tap.key, structuredClone({ ...tap, owner: 'drive/d' })),
      remove: (key) => void kept.delete(key),
      // It takes a while, and has what was put meanwhile.
      all: () => Promise.resolve().then(() => [...kept.values()]),
    },
    again: ({ spec }) => ({ ...spec, ...(spec.path === '/delivered' && { isDone: () => true }) }),
    granted: ({ what }) => void granted.push(what),
  });
  return { taps, sent, kept, granted };
}

const refusal = (detail: string, status = 409) => ({
  status: 'refused' as const,
  problem: { ...unreachable(detail), status },
});

describe('a tap', () => {
  it('is stored from the touch on, until there is an answer', () => {
    const { taps, sent, kept, granted } = setUp();
    taps.send('deliver', { ...DELIVER, isDone: () => true }, 'o');
    expect([...kept.values()]).toMatchObject([
      { key: sent[0]?.key, what: 'deliver', orderId: 'o', at: NOW, spec: DELIVER },
    ]);
    sent[0]?.update({ status: 'done', attempts: 1 });
    expect(kept.size).toBe(0);
    expect(taps.open).toEqual([]);
    expect(granted).toEqual(['deliver']);
  });

  it('that waited is told for as long as nobody has read it, and one that did not is known for it', () => {
    const { taps, sent } = setUp();
    taps.send('pick-up', DELIVER, 'o');
    taps.send('deliver', DELIVER, 'o');
    sent[0]?.update(NOT_SENT);
    expect(taps.open.map(({ isKept }) => isKept)).toEqual([true, false]);
    sent[0]?.update(refusal('It was cancelled.'));
    sent[1]?.update(refusal('', 403));
    expect(taps.refused).toMatchObject([
      { what: 'pick-up', orderId: 'o', why: 'It was cancelled.', wasKept: true },
      { what: 'deliver', why: 'Whoever is signed in here may not do that.', wasKept: false },
    ]);
    taps.dismiss(({ wasKept }) => !wasKept);
    expect(taps.refused.map(({ what }) => what)).toEqual(['pick-up']);
  });

  it('that has never left the page can be taken back, the last one first', () => {
    const { taps, sent, kept } = setUp();
    taps.send('pick-up', DELIVER);
    taps.send('deliver', DELIVER);
    for (const command of sent) command.update(NOT_SENT);
    expect(taps.lastUnsent?.what).toBe('deliver');
    taps.lastUnsent?.command.stop();
    expect(taps.lastUnsent?.what).toBe('pick-up');
    expect(kept.size).toBe(1);
    expect(taps.refused).toEqual([]);
    // What may have arrived is not taken back in silence.
    sent[0]?.update({ status: 'sending', attempts: 1, isInDoubt: true });
    expect(taps.lastUnsent).toBeUndefined();
  });
});

describe('taps of an earlier page', () => {
  it('are sent again in their order and under their keys, and know when they are done', async () => {
    const first = setUp();
    first.taps.send('pick-up', { ...DELIVER, path: '/picked-up' }, 'o');
    first.taps.send('deliver', DELIVER, 'o');
    const next = setUp([...first.kept.values()]);
    await next.taps.restore();
    expect(next.sent.map(({ key }) => key)).toEqual(first.sent.map(({ key }) => key));
    expect(next.sent.map(({ spec }) => spec.isDone !== undefined)).toEqual([false, true]);
    expect(next.taps.open.every(({ isKept }) => isKept)).toBe(true);
    for (const command of next.sent) command.update({ status: 'done', attempts: 1 });
    expect(next.kept.size).toBe(0);
  });

  it('are not sent for those of this page, which were tapped while they were read', async () => {
    const { taps, sent } = setUp();
    const restoring = taps.restore();
    taps.hold('k', 'deliver', DELIVER, 'o');
    taps.send('pick-up', DELIVER, 'o');
    await restoring;
    expect(sent.map(({ spec }) => spec)).toMatchObject([DELIVER]);
    expect(sent[0]?.key).not.toBe('k');
    taps.sendHeld('deliver', { ...DELIVER, key: 'k' }, 'o');
    expect(sent.map(({ key }) => key).slice(1)).toEqual(['k']);
  });

  it('are told and not sent when they are of hours ago', async () => {
    const at = NOW - 2 * 3_600_000;
    const old: Kept = { key: 'k', owner: 'drive/d', what: 'deliver', at, spec: DELIVER };
    const { taps, sent, kept } = setUp([old]);
    await taps.restore();
    expect(sent).toEqual([]);
    expect(kept.size).toBe(0);
    expect(taps.refused).toMatchObject([{ key: 'k', what: 'deliver', wasKept: true }]);
  });
});
