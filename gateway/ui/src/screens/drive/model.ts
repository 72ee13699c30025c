/** What the screen of a driver shows, by its names in the API's document. */

import type { Location, Order } from '../../api/model';
import type { components } from '../../api/types';

type Schemas = components['schemas'];

export type Duty = Schemas['DriverDuty'];
export type Offer = Schemas['DriverOffered'];
export type Day = Schemas['DriverDay'];
export type Trouble = Schemas['DriverTrouble'];
export type Route = Schemas['RouteItinerary'];

/** An order, as far as it is known: what an event tells of it, until it has been read. */
export type Load = Pick<Order, 'orderId' | 'status'> & Partial<Order>;

/** Where an offer or an order went, of which somebody who looks wants to know. */
export interface Gone {
  orderId: string;
  reason: 'expired' | 'taken' | 'declined' | 'delivered' | 'given' | 'returned';
  at: number;
}

/** Where the phone is. */
export interface Fix {
  location: Location;
  /** By the server's clock. */
  at: number;
  /** Metres around it. */
  accuracy: number | undefined;
  /** Metres a second. */
  speed: number | undefined;
  /** Degrees from north. */
  heading: number | undefined;
}

/** What a driver can tap, by the words on it: a later page knows a tap by its name. */
export const TAPPED = {
  begin: 'Go on duty',
  end: 'Go off duty',
  accept: 'Take it',
  reject: 'Not now',
  'pick-up': 'I have the pizza',
  deliver: 'Delivered',
  trouble: 'Cannot deliver',
} as const;

export type Tapped = keyof typeof TAPPED;
