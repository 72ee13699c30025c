/** Drivers and orders for tests. */

import type { Duty, Fix, Load, Offer } from './model';

export const NOW = 1_750_000_000_000;

export function duty(fields: Partial<Duty>): Duty {
  return { driverId: 'driver-1', status: 'available', delivered: 0, lostSignal: false, ...fields };
}

export function offer({
  expiresAt,
  ...fields
}: Partial<Omit<Offer, 'expiresAt'>> & { expiresAt: number }): Offer {
  return {
    orderId: 'o',
    restaurantId: 'napoli',
    pickUp: { lat: 40.85, lon: 14.27 },
    expiresAt: new Date(expiresAt).toISOString(),
    ...fields,
  };
}

export function load(fields: Partial<Load>): Load {
  return { orderId: 'o', status: 'ready', ...fields };
}

/** So many metres north of the restaurant. */
export function fix(at: number, north: number): Fix {
  return {
    location: { lat: 40.85 + north / 111_320, lon: 14.27 },
    at,
    accuracy: 5,
    speed: undefined,
    heading: undefined,
  };
}
