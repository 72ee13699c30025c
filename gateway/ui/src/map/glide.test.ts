import { describe, expect, it } from 'vitest';
import { metres } from './distance';
import { Glide } from './glide';

const A = { lat: 40, lon: 14 };
const B = { lat: 40.001, lon: 14 };
const C = { lat: 40.001, lon: 14.001 };

describe('a gliding marker', () => {
  it('is at once where it was seen first', () => {
    const glide = new Glide();
    expect(glide.at(0)).toBeUndefined();
    glide.moveTo(A, 1_000, 50);
    expect(glide.at(50)).toEqual(A);
    expect(glide.isMoving(50)).toBe(false);
  });

  it('takes the time that lay between, and then stands', () => {
    const glide = new Glide();
    glide.moveTo(A, 1_000, 0);
    glide.moveTo(B, 2_000, 100);
    expect(glide.at(600)?.lat).toBeCloseTo(40.0005);
    expect(glide.at(1_100)).toEqual(B);
    expect(glide.at(9_000)).toEqual(B);
    expect(glide.heading).toBeCloseTo(0);
    glide.moveTo(C, 3_000, 1_200);
    expect(glide.heading).toBeCloseTo(90, 0);
  });

  it.each([
    [10, 200],
    [60_000, 2_000],
  ])('over %d ms takes %d', (between, duration) => {
    const glide = new Glide();
    glide.moveTo(A, 0, 0);
    glide.moveTo(B, between, 0);
    expect(glide.isMoving(duration - 1)).toBe(true);
    expect(glide.isMoving(duration)).toBe(false);
  });

  it('ignores what is old, and jumps for those who want no motion', () => {
    const glide = new Glide();
    glide.moveTo(A, 1_000, 0);
    glide.moveTo(B, 900, 10);
    expect(glide.at(5_000)).toEqual(A);
    glide.moveTo(B, 2_000, 20, true);
    expect(glide.at(20)).toEqual(B);
  });

  it('measures metres', () => {
    expect(metres(A, B)).toBeCloseTo(111.3, 0);
    expect(metres(B, C)).toBeCloseTo(85.3, 0);
  });
});
