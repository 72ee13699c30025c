/** What the map shows of the restaurant, out of what the stream tells. */

import type { Fleet, FleetDriver, FleetState } from '../../map/fleet/model';
import { STALE_MS } from '../../map/distance';
import { fleetState } from './drivers';
import {
  shortName,
  type BoardDriver,
  type BoardOrder,
  type Location,
  type Position,
} from './model';

/** What is wanted to be seen. */
export type Filter = 'all' | FleetState;

export interface FleetSources {
  now: number;
  restaurant: Location | undefined;
  drivers: BoardDriver[];
  position: (driverId: string) => Position | undefined;
  onTheRoad: BoardOrder[];
  isLate: (orderId: string) => boolean;
  filter: Filter;
  chosen: string | undefined;
  lit: Fleet['lit'];
}

export function fleetOf(sources: FleetSources): Fleet {
  const { restaurant, drivers, filter, chosen, lit, now } = sources;
  return {
    restaurant,
    chosen,
    lit,
    drivers: drivers.flatMap((driver): FleetDriver[] => {
      const state = fleetState(driver);
      const position = sources.position(driver.driverId);
      if (!position || !isWanted(state, filter)) return [];
      const { location, at, heading } = position;
      const name = shortName(driver.driverId);
      const isStale = now - at > STALE_MS;
      return [{ id: driver.driverId, name, state, location, at, heading, isStale }];
    }),
    doors: sources.onTheRoad.flatMap(({ orderId, deliveryLocation: location }) =>
      location ? [{ orderId, location, isLate: sources.isLate(orderId) }] : [],
    ),
  };
}

/** Who does not work is shown to whoever asks for them alone. */
export function isWanted(state: FleetState, filter: Filter): boolean {
  return filter === 'all' ? state !== 'offline' : state === filter;
}

export function countStates(drivers: BoardDriver[]): Record<FleetState, number> {
  const counts = { free: 0, offered: 0, busy: 0, silent: 0, offline: 0 };
  for (const driver of drivers) counts[fleetState(driver)]++;
  return counts;
}
