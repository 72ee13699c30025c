/** The figures of the start page. Gateways may be without them. */

import type { Location } from './model';
import { read, unlessAbsent } from './read';
import type { components } from './types';

type RestaurantInFigures = components['schemas']['RestaurantInFigures'];

export interface RestaurantOverview {
  id: string;
  name: string;
  location: Location;
  isOpen: boolean;
  underWay: number;
  /** Absent where there are too many to be counted. */
  late: number | undefined;
  /** Drivers on the road. */
  driving: number;
  moving: Moving[];
}

/** A driver on duty, and about where. */
export interface Moving {
  id: string;
  location: Location;
  hasOrder: boolean;
}

export interface Overview {
  restaurants: RestaurantOverview[];
  /** The ids of those of which nothing can be told at the moment. */
  failing: string[];
}

export async function readOverview(signal?: AbortSignal): Promise<Overview | undefined> {
  const answer = await unlessAbsent(read('/api/overview', {}, signal));
  if (!answer) return undefined;
  const failing = answer.failing ?? [];
  return { restaurants: answer.restaurants.map(viewOf), failing: failing.map(({ id }) => id) };
}

function viewOf(restaurant: RestaurantInFigures): RestaurantOverview {
  const { id, name, location, isOpen, underWay, late, drivers, moving = [] } = restaurant;
  return {
    id,
    name,
    location,
    isOpen,
    underWay,
    late,
    driving: drivers.busy,
    // Another restaurant may have one of the same name.
    moving: moving.map(({ id: driverId, lat, lon, hasOrder }) => ({
      id: `${id}/${driverId}`,
      location: { lat, lon },
      hasOrder,
    })),
  };
}
