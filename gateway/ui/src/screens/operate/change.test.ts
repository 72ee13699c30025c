import { describe, expect, it } from 'vitest';
import { automaticWords } from './audit';
import {
  changeOf,
  insistable,
  isReached,
  isStill,
  lineOf,
  specOf,
  statesWords,
  type Change,
} from './change';
import { digest, lineOf as line, moduleOf, onTrial, planOf } from './fixtures';
import type { Plan, States } from './model';
import type { Kind } from './offers';
import { byDigest } from './rows';
import { changed, valueIn } from './search';
import { auditKey } from './source';
import { knownStreams, pageBefore } from './streams';
import { bytes, counted, moment, rate, share, took } from './words';

const modules = [moduleOf('a'), moduleOf('b', { schema: 2 }), moduleOf('c')];
const change = (kind: Kind, plan: Plan | undefined, of?: string, percent?: number) =>
  changeOf(kind, { plan, modules }, of && digest(of), percent);
const sent = (kind: Kind, plan: Plan | undefined, of?: string, percent?: number) => {
  const asked = change(kind, plan, of, percent);
  return asked && specOf(asked, {});
};
const path = (name: string) => `/api/admin/modules/${digest(name)}/activate`;

describe('a change', () => {
  it('says what it is from and to, and the shares', () => {
    const plan = planOf('a', { ...onTrial('b', 10), before: [digest('c')] });
    expect(change('raise', plan, 'b', 25)).toMatchObject({ before: 10, after: 25 });
    expect(change('activate', plan, 'b')).toMatchObject({ before: 10, after: 100 });
    expect(change('take-back', plan)).toMatchObject({ to: digest('b'), before: 10, after: 0 });
    expect(change('trial', planOf('a'), 'c', 5)).toMatchObject({ before: 0, after: 5 });
    expect(change('roll-back', plan)).toMatchObject({ from: digest('a'), to: digest('c') });
    expect(change('roll-back', planOf('a'))).toBeUndefined();
    expect(change('take-back', planOf('a'))).toBeUndefined();
    expect(change('activate', undefined, 'c')).toMatchObject({ from: undefined, after: 100 });
  });

  it('is one command', () => {
    const plan = planOf('a', { ...onTrial('b', 10), before: [digest('c')] });
    expect(sent('raise', plan, 'b', 25)).toMatchObject({
      path: path('b'),
      body: { percent: 25, version: 1 },
    });
    expect(sent('activate', plan, 'b')).toMatchObject({ path: path('b'), body: { version: 1 } });
    for (const kind of ['take-back', 'roll-back'] as const) {
      expect(sent(kind, plan)).toMatchObject({
        path: '/api/admin/types/order/rollback',
        body: { version: 1 },
      });
    }
  });

  it('goes with what was insisted on, and nothing else', () => {
    const asked = change('activate', planOf('a'), 'c') as Change;
    expect(specOf(asked, { force: true }).body).toEqual({ version: 1, force: true });
    expect(insistable('it changes what others rely on (--force to do it all the same): x')).toBe(
      'force',
    );
    expect(insistable('it cannot take over x (--force-unreadable lets it serve)')).toBe(
      'forceUnreadable',
    );
    expect(insistable('it would break a caller: x')).toBeUndefined();
  });

  it('is known in the audit log by what is new there', () => {
    const plan = planOf('a', { ...onTrial('b', 10), before: [digest('c')] });
    const asked = change('raise', plan, 'b', 25) as Change;
    const old = line({ atMs: 1, digest: digest('b'), what: 'canary' });
    const fresh = line({ atMs: 2, digest: digest('b'), what: 'canary' });
    const other = line({ atMs: 3, digest: digest('c'), what: 'canary' });
    const known = new Set([auditKey(old)]);
    expect(lineOf(asked, [other, old], known, auditKey)).toBeUndefined();
    expect(lineOf(asked, [other, fresh, old], known, auditKey)).toBe(fresh);
    // Of a way back the log names what was taken back.
    const back = change('roll-back', planOf('a', { before: [digest('c')] })) as Change;
    const gone = line({ atMs: 4, digest: digest('a'), what: 'rolled-back' });
    expect(lineOf(back, [gone], known, auditKey)).toBe(gone);
  });

  it('is not what was asked any more when somebody else was quicker', () => {
    const asked = change('raise', planOf('a', onTrial('b', 10)), 'b', 25) as Change;
    expect(isStill(asked, planOf('a', onTrial('b', 10)))).toBe(true);
    expect(isStill(asked, planOf('a', onTrial('b', 50)))).toBe(false);
    expect(isStill(asked, planOf('c', onTrial('b', 10)))).toBe(false);
    expect(isStill(asked, undefined)).toBe(false);
    const first = change('activate', undefined, 'c') as Change;
    expect(isStill(first, undefined)).toBe(true);
    expect(isStill(first, planOf('a'))).toBe(false);
  });

  it('is reached when what serves is as it was asked for', () => {
    const asked = change('raise', planOf('a', onTrial('b', 10)), 'b', 25) as Change;
    expect(isReached(asked, planOf('a', onTrial('b', 25)))).toBe(true);
    expect(isReached(asked, planOf('a', onTrial('b', 10)))).toBe(false);
    const back = change('take-back', planOf('a', onTrial('b', 10))) as Change;
    expect(isReached(back, planOf('a'))).toBe(true);
    expect(isReached(back, planOf('c'))).toBe(false);
    const first = change('activate', undefined, 'c') as Change;
    expect(isReached(first, planOf('c'))).toBe(true);
  });

  it('says how many actors have the newer layout', () => {
    const states: States = {
      ...{ actors: 2_400, inMemory: 1_180, more: false },
      layouts: [
        { schema: 1, actors: 2_186 },
        { schema: 2, actors: 214 },
      ],
    };
    const words = (kind: Kind, plan: Plan, of?: string) =>
      statesWords(change(kind, plan, of) as Change, byDigest(modules), states).join(' ');
    expect(words('activate', planOf('a'), 'b')).toMatch(
      /^State layout 1 → 2\. 214 actors of 2,400 actors have layout 2 now\. .*no way back/,
    );
    expect(words('take-back', planOf('a', onTrial('b', 10)))).toMatch(/It keeps those/);
    expect(words('activate', planOf('b'), 'a')).toMatch(/refused while/);
    expect(words('activate', planOf('a'), 'c')).toMatch(/^Both read and write state layout 1/);
  });
});

it('says by which rate against which threshold a silo took a module back', () => {
  const detail = '12 of 20 turns failed (60.0 percent; 10 are borne)';
  expect(automaticWords({ what: 'rolled-back', detail })).toBe(
    '60.0 % of its turns failed (12 of 20), and 10 % are borne.',
  );
  expect(automaticWords({ what: 'rolled-back', detail: 'by hand' })).toBe('by hand');
  expect(automaticWords({ what: 'refused', detail })).toBe(detail);
});

it('says figures as operators read them', () => {
  expect([85, 340, 12_300, 1_200_000].map(took)).toEqual(['85 µs', '0.34 ms', '12 ms', '1.2 s']);
  expect([10, 12.5, 0.1 + 0.2].map(share)).toEqual(['10 %', '12.5 %', '0.3 %']);
  expect([rate(0, 0), rate(0, 9), rate(1, 2_500), rate(1, 100_000), rate(1, 8)]).toEqual([
    ...['–', '0 %', '0.04 %', '< 0.01 %', '12.5 %'],
  ]);
  expect([612, 1_800, 182_000, 183e6].map(bytes)).toEqual([
    '612 B',
    '1.8 KB',
    '182 KB',
    '183.0 MB',
  ]);
  expect([counted(1, 'actor'), counted(1_204, 'actor')]).toEqual(['1 actor', '1,204 actors']);
});

it('names the day of what is not of today', () => {
  const noon = Date.UTC(2026, 10, 30, 12);
  expect(moment(noon - 3_600_000, noon, 'UTC')).toBe('11:00:00');
  expect(moment(noon - 86_400_000, noon, 'UTC')).toBe('29 Nov 2026 12:00:00');
});

it('changes one part of an address and keeps the others', () => {
  expect(changed('?q=a&sort=p99', { q: 'b c', sort: undefined })).toBe('?q=b+c');
  expect(changed('?q=a', { q: '' })).toBe('');
  expect(valueIn('?actor=a%2Fb', 'actor')).toBe('a/b');
});

it('knows streams by who publishes to them and who listens', () => {
  const found = knownStreams([
    moduleOf('a', { subscriptions: ['order-events'], manifest: { publishes: ['alerts', 'x-*'] } }),
  ]);
  expect(found).toEqual(['alerts', 'order-events']);
  expect([pageBefore(251), pageBefore(50)]).toEqual([150, 0]);
});
