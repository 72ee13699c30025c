import { expect, it } from 'vitest';
import { backoff } from './backoff';

it('waits half a second, then longer, and never longer than a quarter of a minute', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoff(failures, 0, 0.5));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

it('spreads those who lost the connection together by 30 % each way', () => {
  expect([0, 0.5, 1].map((random) => backoff(3, 0, random))).toEqual([1_400, 2_000, 2_600]);
});

it('counts more what the server asked for', () => {
  expect(backoff(1, 20_000, 0)).toBe(20_000);
  expect(backoff(6, 1_000, 0.5)).toBe(15_000);
});
