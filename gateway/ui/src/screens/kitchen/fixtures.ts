/** A ticket for tests, as a kitchen would have it. */

import type { Ticket } from './model';

export const NOON = Date.UTC(2025, 5, 15, 12);

export const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

export function ticketOf(orderId: string, more: Partial<Ticket> = {}): Ticket {
  return {
    orderId,
    items: [{ pizzaType: 'Margherita', quantity: 1, unitPriceCents: 900 }],
    receivedAt: at(0),
    promisedAt: at(40),
    remakes: 0,
    status: 'created',
    version: 1,
    late: false,
    ...more,
  };
}
