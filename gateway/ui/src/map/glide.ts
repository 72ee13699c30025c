/** A marker that glides between two positions, and is never ahead of the last one. */

import type { Location } from '../api/model';
import { metres, offset } from './distance';

const GLIDE_MIN_MS = 200;
const GLIDE_MAX_MS = 2_000;
/** Nearer than this is a wobble of the receiver, and says nothing of a direction. */
const STILL_M = 2;

export class Glide {
  #from: Location | undefined;
  #to: Location | undefined;
  #startedAt = 0;
  #duration = 0;
  #lastAt: number | undefined;
  /** Degrees from north; `undefined` until it has moved. */
  heading: number | undefined;

  /**
   * @param at when it was there, by the server's clock
   * @param now milliseconds of the page
   * @param jumps for those who want nothing to move
   */
  moveTo(location: Location, at: number, now: number, jumps = false): void {
    // The same again, or older than what is shown.
    if (this.#lastAt !== undefined && at <= this.#lastAt) return;
    const between = at - (this.#lastAt ?? at);
    const shown = this.at(now);
    this.#lastAt = at;
    this.#from = shown ?? location;
    this.#to = location;
    this.#startedAt = now;
    const isJump = jumps || !shown;
    this.#duration = isJump ? 0 : Math.min(Math.max(between, GLIDE_MIN_MS), GLIDE_MAX_MS);
    if (shown && metres(shown, location) > STILL_M) this.heading = bearing(shown, location);
  }

  /** Where it is drawn; `undefined` before the first position. */
  at(now: number): Location | undefined {
    if (!this.#from || !this.#to) return undefined;
    const share = this.#share(now);
    return {
      lat: this.#from.lat + (this.#to.lat - this.#from.lat) * share,
      lon: this.#from.lon + (this.#to.lon - this.#from.lon) * share,
    };
  }

  isMoving(now: number): boolean {
    return this.#share(now) < 1;
  }

  #share(now: number): number {
    if (this.#duration === 0) return 1;
    return Math.min(Math.max((now - this.#startedAt) / this.#duration, 0), 1);
  }
}

function bearing(from: Location, to: Location): number {
  const { north, east } = offset(from, to);
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}
