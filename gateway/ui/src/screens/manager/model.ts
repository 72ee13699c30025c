/** What a manager's screen is about, in the words of the API. */

import type { Location, OrderStatus, Restaurant } from '../../api/model';
import type { components } from '../../api/types';

type Schemas = components['schemas'];

export type Item = Schemas['Item'];
export type Station = Schemas['KitchenStation'];
export type StockLine = Schemas['InventoryStockLine'];
export type SupplyOrder = Schemas['InventorySupplyOrder'];
export type { Location, OrderStatus, Restaurant };

export type Board = Omit<Schemas['Board'], 'orders'> & { orders: BoardOrder[] };
export type BoardDriver = Schemas['BoardDriver'];
export type Alert = Schemas['RestaurantManagerAlert'];
export type KitchenFigures = Schemas['KitchenFigures'];
export type Figures = Schemas['RestaurantFigures'];
export type Period = Schemas['RestaurantPeriod'];
export type FreeDriver = Schemas['FreeDriver'];
export type Durations = Schemas['GetRestaurantsIdDurationsAnswer'];
export type Duration = Omit<Schemas['StageDuration'], 'stage'>;
export type IngredientReport = Schemas['IngredientReport'];
/** A restaurant in the switch. */
export type OwnRestaurant = Schemas['ListedRestaurant'];

/** As the board has it, and what its events and an order read alone tell otherwise. */
export interface BoardOrder extends Omit<
  Schemas['BoardOrder'],
  'since' | 'driverId' | 'lateSince'
> {
  /** When it came into this state. */
  since?: string;
  driverId?: string | undefined;
  lateSince?: string | undefined;
  /** Where it was before, as the last event had it. */
  from?: OrderStatus | undefined;
}

/** Where a driver was last, apart from what they do: it changes each second. */
export interface Position {
  driverId: string;
  location: Location;
  heading: number | undefined;
  /** By the server's clock. */
  at: number;
  /** The order has come that far by it, as its own events do not say of mere positions. */
  order?: { orderId: string; version: number };
}

/** A driver or chef as people of the restaurant call them: `1` and not `napoli.1`. */
export function shortName(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}
