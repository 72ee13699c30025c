/**
 * When the pizza comes, said so that it does not fidget: it changes when it moves by more than 2
 * minutes or when the order moves on, and then says so.
 */

import type { OrderStatus } from '../../api/model';
import { timeOfDay } from '../../time/words';

const MINUTE = 60_000;
const STEADY_MS = 2 * MINUTE;
const RANGE_MS = 15 * MINUTE;
const ROUND_MS = 5 * MINUTE;

export interface ArrivalWords {
  /** "20:35 – 20:50", or "about 7 min". */
  main: string;
  /** "at 20:41", once somebody drives. */
  detail: string;
  /** What has changed since it was said last. */
  note: string;
}

export class Arrival {
  #at: number | undefined;
  #status: OrderStatus | undefined;
  #note = '';

  /** @param estimatedAt `undefined` while nobody knows */
  update(status: OrderStatus, estimatedAt: number | undefined): void {
    if (estimatedAt === undefined || Number.isNaN(estimatedAt)) return;
    const moved = estimatedAt - (this.#at ?? estimatedAt);
    const isFar = Math.abs(moved) > STEADY_MS;
    if (this.#at !== undefined && !isFar && status === this.#status) return;
    this.#note = isFar ? `A little ${moved > 0 ? 'later' : 'earlier'} than we said.` : '';
    this.#at = estimatedAt;
    this.#status = status;
  }

  words(now: number, timeZone: string): ArrivalWords | undefined {
    if (this.#at === undefined) return undefined;
    const isDriving = this.#status === 'outForDelivery';
    return isDriving
      ? this.#driving(this.#at, now, timeZone)
      : this.#range(this.#at, now, timeZone);
  }

  #range(at: number, now: number, timeZone: string): ArrivalWords {
    const from = Math.floor((at - ROUND_MS) / ROUND_MS) * ROUND_MS;
    const to = from + RANGE_MS;
    if (to < now) return { main: 'As soon as it is ready', detail: '', note: this.#note };
    const main = `${timeOfDay(from, timeZone)} – ${timeOfDay(to, timeZone)}`;
    return { main, detail: '', note: this.#note };
  }

  #driving(at: number, now: number, timeZone: string): ArrivalWords {
    const minutes = Math.ceil((at - now) / MINUTE);
    if (minutes <= 1) return { main: 'Any moment now', detail: '', note: this.#note };
    const detail = `at ${timeOfDay(at, timeZone)}`;
    return { main: `about ${minutes} min`, detail, note: this.#note };
  }
}
