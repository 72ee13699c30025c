/** How much a ticket presses, by its age against what the customer was told. */

import { span } from '../../time/words';
import type { Ticket } from './model';

export type Urgency = 'calm' | 'soon' | 'over';

/** The last part of the time, in which it has to be next. */
const SOON_SHARE = 0.25;

type Timed = Pick<Ticket, 'receivedAt' | 'promisedAt'>;

export function urgencyOf({ receivedAt, promisedAt }: Timed, now: number): Urgency {
  const promised = Date.parse(promisedAt);
  const left = promised - now;
  if (left < 0) return 'over';
  return left <= (promised - Date.parse(receivedAt)) * SOON_SHARE ? 'soon' : 'calm';
}

export const URGENCY_WORDS: Record<Urgency, string> = {
  calm: 'in time',
  soon: 'soon due',
  over: 'late',
};

/** "12 min left", and then "3 min over". */
export function promiseWords({ promisedAt }: Pick<Ticket, 'promisedAt'>, now: number): string {
  const left = Date.parse(promisedAt) - now;
  // Upwards, so that "1 s left" is the last second and not the one after it.
  return left < 0 ? `${span(-left)} over` : `${span(Math.ceil(left / 1_000) * 1_000)} left`;
}

/** Minutes and seconds in figures of one width, as it is read from across the room. */
export function ageWords({ receivedAt }: Pick<Ticket, 'receivedAt'>, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(receivedAt)) / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
