/** How far an order has come, in words and in five steps. */

import type { OrderStatus, Step } from '../../api/model';
import { timeOfDay } from '../../time/words';
import { STATUS_WORDS } from '../../components/status';
import type { TrackedOrder } from './source';

const LINE: OrderStatus[] = ['created', 'preparing', 'baking', 'ready', 'outForDelivery'];

export interface LineStep {
  status: OrderStatus;
  word: string;
  state: 'done' | 'current' | 'ahead';
  /** When it began, as far as that is known. */
  at: number | undefined;
}

/** The state in plain words, large. */
export function sentence(order: TrackedOrder, steps: Step[], timeZone: string): string {
  switch (order.status) {
    case 'created':
      return 'The kitchen has your order';
    case 'preparing':
      return remakesOf(order, steps) > 0 ? 'Being made again' : 'Being made';
    case 'baking':
      return 'In the oven';
    case 'ready':
      return order.driverId ? 'Ready, a driver comes for it' : 'Ready, waiting for a driver';
    case 'outForDelivery':
      return 'On the way to you';
    case 'delivered':
      return `Delivered at ${timeOfDay(endOf(order, steps), timeZone)}`;
    case 'cancelled':
      return 'Cancelled';
    case 'rejected':
      return 'The kitchen could not take it';
  }
}

export function lineOf(status: OrderStatus, steps: Step[]): LineStep[] {
  const reached = furthest(status, steps);
  return LINE.map((step, index) => {
    const isOver = status === 'delivered' || status === 'cancelled' || status === 'rejected';
    const state = index < reached || (isOver && index === reached) ? 'done' : 'ahead';
    return {
      status: step,
      word: STATUS_WORDS[step],
      state: !isOver && index === reached ? 'current' : state,
      at: index <= reached ? startOf(step, steps) : undefined,
    };
  });
}

/** A remake goes back, and what was reached before does not count any more. */
function furthest(status: OrderStatus, steps: Step[]): number {
  if (status === 'delivered') return LINE.length - 1;
  if (status !== 'cancelled' && status !== 'rejected') return LINE.indexOf(status);
  const before = steps.findLast(({ to }) => LINE.includes(to));
  return before ? LINE.indexOf(before.to) : -1;
}

function startOf(status: OrderStatus, steps: Step[]): number | undefined {
  const step = steps.findLast(({ to }) => to === status);
  return step && Date.parse(step.at);
}

export function endOf(order: TrackedOrder, steps: Step[]): number {
  return startOf(order.status, steps) ?? Date.parse(order.updatedAt);
}

/** Events do not count them, but show each. */
export function remakesOf(order: TrackedOrder, steps: Step[]): number {
  const seen = steps.filter(({ from, to }) => from === 'baking' && to === 'preparing').length;
  return Math.max(order.remakes, seen);
}
