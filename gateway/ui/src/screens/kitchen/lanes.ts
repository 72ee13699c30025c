/** Which lane a ticket is in, and in what order. */

import type { Ticket } from './model';

export type LaneName = 'waiting' | 'making' | 'baking' | 'ready';

export interface Lanes {
  waiting: Ticket[];
  making: Ticket[];
  baking: Ticket[];
  /** Ready and not gone, the one that waits longest first. */
  ready: Ticket[];
  /** Those that left the kitchen, the last one first. */
  left: Ticket[];
}

export const LANE_TITLES: Record<LaneName, string> = {
  waiting: 'To make',
  making: 'Being made',
  baking: 'In the oven',
  ready: 'Ready',
};

/** As many as are remembered of those that left. */
export const RECALLED = 20;

export function laneOf({ status, place }: Ticket): LaneName | 'left' {
  switch (status) {
    case 'created':
    case 'preparing':
      // What is to be made again is being prepared for the customer, but waits all the same.
      return place === undefined ? 'making' : 'waiting';
    case 'baking':
    case 'ready':
      return status;
    default:
      return 'left';
  }
}

export function lanesOf(tickets: Ticket[], advice: string[] = []): Lanes {
  const lanes: Lanes = { waiting: [], making: [], baking: [], ready: [], left: [] };
  for (const ticket of tickets) lanes[laneOf(ticket)].push(ticket);
  const rank = new Map(advice.map((orderId, n) => [orderId, n]));
  const advised = ({ orderId }: Ticket) => rank.get(orderId) ?? advice.length;
  lanes.waiting.sort((a, b) => advised(a) - advised(b) || byPlace(a, b));
  lanes.making.sort((a, b) => since(a.startedAt, a) - since(b.startedAt, b));
  lanes.baking.sort((a, b) => since(a.bakingAt, a) - since(b.bakingAt, b));
  lanes.ready.sort((a, b) => since(a.readyAt, a) - since(b.readyAt, b));
  lanes.left.sort((a, b) => since(b.readyAt, b) - since(a.readyAt, a));
  return lanes;
}

export function byId(tickets: Ticket[]): ReadonlyMap<string, Ticket> {
  return new Map(tickets.map((ticket) => [ticket.orderId, ticket]));
}

export function byPlace(a: Ticket, b: Ticket): number {
  return (a.place ?? 0) - (b.place ?? 0);
}

function since(at: string | undefined, { receivedAt }: Ticket): number {
  return Date.parse(at ?? receivedAt);
}

/** From the order to the counter, over the last that were ready. */
export function averageToReady(tickets: Ticket[]): number | undefined {
  const done = tickets.filter(({ readyAt }) => readyAt !== undefined);
  done.sort((a, b) => since(b.readyAt, b) - since(a.readyAt, a));
  const last = done.slice(0, RECALLED);
  if (last.length === 0) return undefined;
  const sum = last.reduce((ms, t) => ms + since(t.readyAt, t) - Date.parse(t.receivedAt), 0);
  return sum / last.length;
}

/** A card that left a lane, and when. */
export interface Recalled {
  ticket: Ticket;
  leftAt: string;
}

/** The last cards that left a lane, the last one first: what was tapped by mistake is among them. */
export function recalled(tickets: Ticket[]): Recalled[] {
  const left = tickets.flatMap((ticket) => {
    const { readyAt, bakingAt, startedAt } = ticket;
    const leftAt = laneOf(ticket) === 'waiting' ? undefined : (readyAt ?? bakingAt ?? startedAt);
    return leftAt === undefined ? [] : [{ ticket, leftAt }];
  });
  left.sort((a, b) => Date.parse(b.leftAt) - Date.parse(a.leftAt));
  return left.slice(0, RECALLED);
}

/** What left so long ago that nobody asks for it any more. */
export function forgettable(tickets: Ticket[]): Ticket[] {
  return lanesOf(tickets).left.slice(2 * RECALLED);
}
