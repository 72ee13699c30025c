/** A ride that nobody rides, for the demo: along a way, at the speed of a scooter in a town. */

import type { Location } from '../../api/model';
import { metres, offset } from '../../map/distance';
import type { Fix } from './model';

const METRES_PER_SECOND = 11;

export class Ride {
  #path: Location[];
  /** Metres from the beginning of the path. */
  #done = 0;
  #at: number;
  #heading: number | undefined;

  constructor(start: Location, now: number) {
    this.#path = [start];
    this.#at = now;
  }

  get here(): Location {
    return this.#place().location;
  }

  /** From where it is, along this way. */
  follow(path: Location[], now: number): void {
    this.#path = [this.here, ...path];
    this.#done = 0;
    this.#at = now;
  }

  /** Where it is now. */
  fix(now: number): Fix {
    this.#done += (Math.max(0, now - this.#at) / 1_000) * METRES_PER_SECOND;
    this.#at = now;
    const { location, heading, isOver } = this.#place();
    if (heading !== undefined) this.#heading = heading;
    const speed = isOver ? 0 : METRES_PER_SECOND;
    return { location, at: now, accuracy: 5, speed, heading: this.#heading };
  }

  #place(): { location: Location; heading: number | undefined; isOver: boolean } {
    let left = this.#done;
    let location = this.#path[0] ?? { lat: 0, lon: 0 };
    let heading: number | undefined;
    for (const next of this.#path.slice(1)) {
      const length = metres(location, next);
      if (length > 0) heading = bearing(location, next);
      if (left < length) {
        const share = left / length;
        const lat = location.lat + (next.lat - location.lat) * share;
        const lon = location.lon + (next.lon - location.lon) * share;
        return { location: { lat, lon }, heading, isOver: false };
      }
      left -= length;
      location = next;
    }
    return { location, heading, isOver: true };
  }
}

function bearing(from: Location, to: Location): number {
  const { north, east } = offset(from, to);
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}
