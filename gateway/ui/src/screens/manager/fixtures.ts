/** A restaurant for tests, as a gateway would tell of it. */

import type { Board, BoardDriver, BoardOrder, StockLine } from './model';

export const NOON = Date.UTC(2025, 5, 15, 12);

export const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

export function orderOf(orderId: string, more: Partial<BoardOrder> = {}): BoardOrder {
  return {
    orderId,
    customerId: `customer of ${orderId}`,
    status: 'created',
    version: 1,
    createdAt: at(0),
    updatedAt: at(0),
    since: at(0),
    totalCents: 900,
    late: false,
    remakes: 0,
    ...more,
  };
}

export function driverOf(driverId: string, more: Partial<BoardDriver> = {}): BoardDriver {
  return { driverId, status: 'available', lostSignal: false, ...more };
}

export function stockOf(ingredient: string, onHand: number, threshold = 20): StockLine {
  const used = { reserved: 5, consumed: 30, wasted: 2 };
  return { ingredient, onHand, threshold, ...used, supplied: onHand + 37 };
}

export function boardOf(more: Partial<Board> = {}): Board {
  const period = { orders: 0, delivered: 0, cancelled: 0, rejected: 0, revenueCents: 0 };
  return {
    position: 10,
    serverTime: at(0),
    restaurant: {
      restaurantId: 'napoli',
      openedAt: at(0),
      profile: {
        ...{ name: 'Napoli', region: 'eu', open: true, drivers: [] },
        location: { lat: 40.85, lon: 14.26 },
      },
    },
    figures: {
      ...{ restaurantId: 'napoli', active: [], waitingForDriver: 0, drivers: [] },
      lastHour: { start: at(-60), ...period },
      lastDay: { start: at(-1_440), ...period },
    },
    ...{ orders: [], drivers: [], alerts: [], stock: [], chefs: [] },
    ...more,
  };
}
