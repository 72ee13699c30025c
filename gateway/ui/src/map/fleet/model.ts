/** What a map of all drivers shows. */

import type { Location } from '../../api/model';

/** Each has a shape of its own. */
export type FleetState = 'free' | 'offered' | 'busy' | 'silent' | 'offline';

export interface FleetDriver {
  id: string;
  name: string;
  state: FleetState;
  location: Location;
  /** When they were there, by the server's clock. */
  at: number;
  /** Degrees from north. */
  heading: number | undefined;
  /** Not confirmed for longer than a position is good for. */
  isStale: boolean;
}

export interface FleetDoor {
  orderId: string;
  location: Location;
  isLate: boolean;
}

export interface Fleet {
  restaurant: Location | undefined;
  drivers: FleetDriver[];
  doors: FleetDoor[];
  /** The driver that somebody has chosen, and whom the map follows. */
  chosen: string | undefined;
  /** Under the pointer, here or in a list. */
  lit: { driverId?: string | undefined; orderId?: string | undefined };
}

export interface FleetEvents {
  choose: (driverId: string) => void;
  /** `undefined` when the pointer has left them all. */
  hover: (driverId: string | undefined) => void;
  follow: (isFollowing: boolean) => void;
}
