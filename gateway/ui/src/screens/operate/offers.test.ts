import { describe, expect, it } from 'vitest';
import { digest, moduleOf, onTrial, planOf } from './fixtures';
import type { ModuleInfo, Plan } from './model';
import {
  mayActivate,
  mayRaise,
  mayRollBack,
  mayTakeBack,
  mayTry,
  mustTypeName,
  newerStates,
  rollBackTarget,
  shareOf,
  type Offer,
  type Standing,
} from './offers';

const YES: Offer = { isOffered: true };
const why = (offer: Offer) => (offer.isOffered ? undefined : offer.why);
const [a, b, c] = [moduleOf('a'), moduleOf('b'), moduleOf('c')];
const standing = (
  plan: Plan | undefined,
  modules: ModuleInfo[] = [a, b, c],
  layouts?: [number, number][],
): Standing => ({ plan, modules, layouts: layouts && new Map(layouts) });
const withdrawn = { at: '', by: 'silo', why: 'it failed' };

describe('what may be done with a module', () => {
  it('is nothing that is so already', () => {
    const now = standing(planOf('a', onTrial('b', 10)));
    expect(why(mayActivate(a, now))).toBe('Serves already.');
    expect(why(mayTry(a, now))).toBe('Serves already.');
    expect(why(mayTry(b, now))).toBe('Is on trial already, with 10 %.');
    expect(mayActivate(b, now)).toEqual(YES);
    expect(mayRaise(b, now)).toEqual(YES);
    expect(mayTakeBack(b, now)).toEqual(YES);
  });

  it('is one trial at a time', () => {
    const now = standing(planOf('a', onTrial('b', 10)));
    expect(why(mayTry(c, now))).toMatch(/^b0000000 is on trial/);
    expect(mayTry(c, standing(planOf('a')))).toEqual(YES);
    // What only holds states is not in the way of the next trial.
    expect(mayTry(c, standing(planOf('a', onTrial('b', 0))))).toEqual(YES);
  });

  it('is no second take back', () => {
    const held = standing(planOf('a', onTrial('b', 0)));
    expect(why(mayTakeBack(b, held))).toMatch(/^Was taken back/);
    expect(why(mayRaise(b, held))).toBe('Is not on trial.');
    expect(why(mayTakeBack(c, held))).toBe('Is not on trial.');
  });

  it('is no raise above everybody', () => {
    expect(why(mayRaise(b, standing(planOf('a', onTrial('b', 100)))))).toMatch(/100 % already/);
  });

  it('is nothing with what was withdrawn', () => {
    const bad = moduleOf('b', { withdrawn });
    expect(why(mayActivate(bad, standing(planOf('a'), [a, bad])))).toBe(
      'Withdrawn by the silo: it failed',
    );
    expect(why(mayTry(bad, standing(planOf('a'), [a, bad])))).toMatch(/^Withdrawn/);
  });

  it('is nothing that would read states it does not know, and says of how many', () => {
    const layouts: [number, number][] = [
      [1, 20],
      [3, 214],
    ];
    const now = standing(planOf('a'), [a, b, c], layouts);
    const words = 'State layout 3 is newer than what this module reads (1): 214 actors.';
    expect(why(mayActivate(b, now))).toBe(words);
    expect(why(mayTry(b, now))).toBe(words);
    expect(mayActivate(moduleOf('b', { schema: 3 }), now)).toEqual(YES);
    // Where nobody has counted the gateway tells by a refusal.
    expect(mayActivate(b, standing(planOf('a')))).toEqual(YES);
  });

  it('is the first module of a type for everybody alone', () => {
    expect(mayActivate(a, standing(undefined))).toEqual(YES);
    expect(why(mayTry(a, standing(undefined)))).toMatch(/first module/);
  });
});

describe('the way back of a type', () => {
  const before = { before: [digest('b'), digest('c')] };

  it('goes to what served last', () => {
    expect(rollBackTarget(standing(planOf('a', before)))).toBe(digest('c'));
    expect(mayRollBack(standing(planOf('a', before)))).toEqual(YES);
  });

  it('goes past what was withdrawn', () => {
    const now = standing(planOf('a', before), [a, b, moduleOf('c', { withdrawn })]);
    expect(rollBackTarget(now)).toBe(digest('b'));
  });

  it('is not there without anything before', () => {
    expect(why(mayRollBack(standing(planOf('a'))))).toMatch(/^Nothing served before/);
    const all = [moduleOf('b', { withdrawn }), moduleOf('c', { withdrawn })];
    expect(why(mayRollBack(standing(planOf('a', before), all)))).toMatch(/was withdrawn/);
  });

  it('waits for the end of a trial', () => {
    const now = standing(planOf('a', { ...before, ...onTrial('b', 5) }));
    expect(why(mayRollBack(now))).toMatch(/take it back first/);
  });

  it('is not there for states that it could not read', () => {
    const now = standing(planOf('a', before), [a, b, c], [[2, 1]]);
    expect(why(mayRollBack(now))).toBe(
      'State layout 2 is newer than what this module reads (1): 1 actor.',
    );
  });
});

it('counts the states of all newer layouts', () => {
  const layouts = new Map([
    [1, 5],
    [2, 6],
    [3, 7],
  ]);
  expect([1, 2, 3].map((schema) => newerStates(schema, layouts))).toEqual([13, 7, 0]);
  expect(newerStates(1, undefined)).toBe(0);
});

it.each([
  ['10', 0, 10],
  [' 12,5 % ', 0, 12.5],
  ['100', 99, 100],
  ['0.5', 0, 0.5],
])('takes %s for a share when it has %d', (text, has, percent) => {
  expect(shareOf(text, has)).toEqual({ percent });
});

it.each([
  ['', 0, /number/],
  ['ten', 0, /number/],
  ['0', 0, /more than 0/],
  ['-5', 0, /more than 0/],
  ['101', 0, /at most 100/],
  ['5', 10, /only grows/],
  ['10', 10, /already/],
])('does not take %j for a share when it has %d', (text, has, words) => {
  expect(shareOf(text, has)).toEqual({ why: expect.stringMatching(words) as string });
});

it('has the name typed before more than 1,000 actors are touched', () => {
  expect(mustTypeName('activate', 1_000)).toBe(false);
  expect(mustTypeName('activate', 1_001)).toBe(true);
  expect(mustTypeName('roll-back', 1_001)).toBe(true);
  expect(mustTypeName('activate', undefined)).toBe(true);
  expect(mustTypeName('take-back', 1_001)).toBe(false);
  expect(mustTypeName('raise', 1_001)).toBe(false);
});
