/** How far it is, along a way and in words. */

import type { Location } from '../../api/model';
import { metres } from '../../map/distance';

/** Where on the way a place is nearest to: the index of a point of it. */
export function nearest(path: Location[], place: Location): number {
  let [best, least] = [0, Infinity];
  path.forEach((point, index) => {
    const away = metres(point, place);
    if (away < least) [best, least] = [index, away];
  });
  return best;
}

/** The part of a way from where somebody is to a place on it. */
export function stretch(path: Location[], from: Location | undefined, to: Location): Location[] {
  if (path.length < 2) return [];
  const end = nearest(path, to);
  const begin = from ? Math.min(nearest(path.slice(0, end + 1), from), end) : 0;
  const part = path.slice(begin, end + 1);
  return from ? [from, ...part.slice(part.length > 1 ? 1 : 0)] : part;
}

export function lengthOf(path: Location[]): number {
  let sum = 0;
  path.forEach((point, index) => {
    const before = path[index - 1];
    if (before) sum += metres(before, point);
  });
  return sum;
}

/** As the crow flies, times what streets are longer than that in towns. */
export function aboutMetres(from: Location, to: Location): number {
  return metres(from, to) * 1.3;
}

export function distanceWords(metres: number): string {
  if (metres < 30) return 'here';
  if (metres < 950) return `${Math.max(1, Math.round(metres / 50)) * 50} m`;
  return `${(metres / 1_000).toFixed(1)} km`;
}

/** A link that opens the phone's own map. Built from numbers that were checked, and of nothing else. */
export function geoLink({ lat, lon }: Location): string | undefined {
  const isPlace = Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  return isPlace ? `geo:${lat.toFixed(6)},${lon.toFixed(6)}` : undefined;
}

/** A link that calls; `undefined` for what is no number. */
export function telLink(phone: string | undefined): string | undefined {
  const digits = (phone ?? '').replace(/[\s()./-]/g, '');
  return /^\+?\d{3,20}$/.test(digits) ? `tel:${digits}` : undefined;
}
