/** The states of an order in words, and the name of their colour. */

import type { OrderStatus } from '../api/model';

export const STATUS_WORDS: Record<OrderStatus, string> = {
  created: 'Received',
  preparing: 'Being made',
  baking: 'In the oven',
  ready: 'Ready',
  outForDelivery: 'On the way',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
  rejected: 'Not taken',
};

/** Cents as people write them. */
export function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)}\u00a0€`;
}

/** A name as a title; the ids that some restaurants have for a name are all small. */
export function titled(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** What people read of a long id, and tell each other. */
export function shortNumber(orderId: string): string {
  return orderId.slice(-4);
}
