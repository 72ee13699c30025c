/** Places of one town: how far they are apart, and how long somebody is where they were seen. */

import type { Location } from '../api/model';

/** Older than this, a position is only the last one that is known. */
export const STALE_MS = 20_000;

const METRES_PER_DEGREE = 111_320;

/** Degrees are narrower in the east than in the north. */
export function metresPerDegree(lat: number): { north: number; east: number } {
  const east = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  return { north: METRES_PER_DEGREE, east };
}

/** As the crow flies; a town is flat enough. */
export function metres(a: Location, b: Location): number {
  const { north, east } = offset(a, b);
  return Math.hypot(north, east);
}

export function offset(a: Location, b: Location): { north: number; east: number } {
  const { north, east } = metresPerDegree(a.lat);
  return { north: (b.lat - a.lat) * north, east: (b.lon - a.lon) * east };
}
