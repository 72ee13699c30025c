/** Whether what is known of a driver is fresh. */

import { STALE_MS } from '../../map/distance';
import { span } from '../../time/words';

/** A phone that has said nothing for so long says nothing of an arrival. */
export const SILENT_MS = 2 * 60_000;

export type Freshness = 'fresh' | 'stale' | 'silent';

export function freshness(ageMs: number): Freshness {
  if (ageMs >= SILENT_MS) return 'silent';
  return ageMs > STALE_MS ? 'stale' : 'fresh';
}

export function whereabouts(metres: number | undefined, ageMs: number): string {
  switch (freshness(ageMs)) {
    case 'silent':
      return `The driver's phone is silent: last seen ${span(ageMs)} ago.`;
    case 'stale':
      return `The driver was last seen ${span(ageMs)} ago.`;
    case 'fresh':
      if (metres === undefined) return 'The driver is on the way.';
      return `The driver is ${distance(metres)} from your door, as the crow flies.`;
  }
}

function distance(metres: number): string {
  if (metres < 50) return 'less than 50 m';
  if (metres < 950) return `${Math.round(metres / 50) * 50} m`;
  return `${(metres / 1_000).toFixed(1)} km`;
}
