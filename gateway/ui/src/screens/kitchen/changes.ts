/** What is new on the screen, for the ear: one sentence, however much there is. */

import { laneOf } from './lanes';
import type { Ticket } from './model';
import { urgencyOf } from './urgency';

export interface Seen {
  /** Where each ticket was. */
  lanes: Map<string, string>;
  over: Set<string>;
}

export interface News {
  fresh: string[];
  ready: number;
  left: number;
  late: string[];
}

export function look(tickets: Ticket[], now: number): Seen {
  const working = tickets.filter((ticket) => isWorkedOn(ticket));
  return {
    lanes: new Map(tickets.map((ticket) => [ticket.orderId, laneOf(ticket)])),
    over: new Set(
      working.filter((t) => urgencyOf(t, now) === 'over').map(({ orderId }) => orderId),
    ),
  };
}

/** Somebody of the kitchen can still make it quicker. */
export function isWorkedOn(ticket: Ticket): boolean {
  return ['waiting', 'making', 'baking'].includes(laneOf(ticket));
}

export function newsSince(before: Seen, after: Seen): News {
  const news: News = { fresh: [], ready: 0, left: 0, late: [] };
  for (const [orderId, lane] of after.lanes) {
    const was = before.lanes.get(orderId);
    // One that came and went while nobody looked is of no use to a cook any more.
    if (was === undefined && lane !== 'left') news.fresh.push(orderId);
    if (was !== lane && lane === 'ready') news.ready++;
    if (was !== undefined && was !== lane && lane === 'left') news.left++;
  }
  for (const orderId of after.over) if (!before.over.has(orderId)) news.late.push(orderId);
  return news;
}

/** "3 new orders, 1 late."; empty if nothing is worth a word. */
export function newsWords({ fresh, ready, left, late }: News): string {
  const parts = [
    fresh.length > 0 && `${fresh.length} new ${fresh.length === 1 ? 'order' : 'orders'}`,
    ready > 0 && `${ready} ready`,
    left > 0 && `${left} gone`,
    late.length > 0 && `${late.length} late`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? `${parts.join(', ')}.` : '';
}
