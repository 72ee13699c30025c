/** Names for what the API's document has, and what it will have soon. */

import type { components } from './types';

type Schemas = components['schemas'];

export type Location = Schemas['Location'];
export type OrderStatus = Schemas['OrderStatus'];
export type Restaurant = Schemas['RestaurantState'];

/** The key that opens one order without an account, in the answer to the create alone. */
export type Order = Schemas['OrderState'] & { trackingKey?: string };

/** A pizza, and how many can be made now: absent where only a refusal tells. */
export type Recipe = Schemas['MenuItem'];
/** A restaurant as whoever may not know more of it sees it. */
export type Place = Schemas['RestaurantOnMenu'];

export type OrderChange = Schemas['OrderStatusData'];
export type RejectedProblem = Pick<
  Schemas['OrderRejection'],
  'reason' | 'missing' | 'alternatives'
>;

export interface NewOrder {
  customerId: string;
  customerName?: string;
  phone?: string;
  note?: string;
  restaurantId: string;
  items: { pizzaType: string; quantity: number }[];
  deliveryAddress?: string;
  deliveryLocation?: Location;
}

/** One step of an order's way. */
export type Step = Schemas['OrderStep'];

export function isOver(status: OrderStatus): boolean {
  return status === 'delivered' || status === 'cancelled' || status === 'rejected';
}
