/** How many of each pizza are still to be made, for those who prepare the dough. */

import type { Ticket } from './model';

export interface Total {
  pizzaType: string;
  quantity: number;
}

/** The most first, and those with the same number by name, so that nothing swaps for nothing. */
export function totalsOf(tickets: Pick<Ticket, 'items'>[]): Total[] {
  const sums = new Map<string, number>();
  for (const { items } of tickets) {
    for (const { pizzaType, quantity } of items) {
      sums.set(pizzaType, (sums.get(pizzaType) ?? 0) + quantity);
    }
  }
  const totals = [...sums].map(([pizzaType, quantity]) => ({ pizzaType, quantity }));
  return totals.sort((a, b) => b.quantity - a.quantity || a.pizzaType.localeCompare(b.pizzaType));
}
