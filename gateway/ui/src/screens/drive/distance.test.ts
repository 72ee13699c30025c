import { describe, expect, it } from 'vitest';
import type { Location } from '../../api/model';
import { distanceWords, geoLink, lengthOf, stretch, telLink } from './distance';
import { Ride } from './ride';

/** So many metres north. */
const north = (metres: number): Location => ({ lat: 40.85 + metres / 111_320, lon: 14.27 });
const WAY = [0, 100, 200, 300, 400].map(north);

describe('the way that is left', () => {
  it('begins where somebody is, and ends at the place', () => {
    const left = stretch(WAY, north(110), north(300));
    expect(left[0]).toEqual(north(110));
    expect(left.at(-1)).toEqual(north(300));
    expect(lengthOf(left)).toBeCloseTo(190, 0);
  });

  it('is whole where nobody knows where somebody is', () => {
    expect(lengthOf(stretch(WAY, undefined, north(400)))).toBeCloseTo(400, 0);
  });

  it('is nothing without a way', () => {
    expect(stretch([], north(0), north(100))).toEqual([]);
  });
});

describe('distances in words', () => {
  it.each([
    [10, 'here'],
    [120, '100 m'],
    [949, '950 m'],
    [1_240, '1.2 km'],
  ])('%d m are "%s"', (metres, words) => expect(distanceWords(metres)).toBe(words));
});

describe('links', () => {
  it('are built from checked numbers', () => {
    expect(geoLink({ lat: 40.85, lon: 14.27 })).toBe('geo:40.850000,14.270000');
    expect(geoLink({ lat: 91, lon: 0 })).toBeUndefined();
    expect(geoLink({ lat: NaN, lon: 0 })).toBeUndefined();
    expect(telLink('+39 081 / 555-12')).toBe('tel:+3908155512');
    expect(telLink('12345;phone-context=evil')).toBeUndefined();
    expect(telLink('call me')).toBeUndefined();
    expect(telLink(undefined)).toBeUndefined();
  });
});

describe('a simulated ride', () => {
  it('stands until it has a way, follows it, and stops at its end', () => {
    const ride = new Ride(north(0), 0);
    expect(ride.fix(60_000)).toMatchObject({ location: north(0), speed: 0 });
    ride.follow([north(110)], 60_000);
    const half = ride.fix(65_000);
    expect(lengthOf([north(0), half.location])).toBeCloseTo(55, 0);
    expect(half.heading).toBeCloseTo(0, 3);
    const end = ride.fix(600_000);
    expect(lengthOf([end.location, north(110)])).toBeLessThan(0.1);
    expect(end.speed).toBe(0);
    ride.follow([north(0)], 600_000);
    expect(ride.fix(601_000).heading).toBeCloseTo(180, 3);
  });
});
