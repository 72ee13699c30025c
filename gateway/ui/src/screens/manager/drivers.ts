/** What drivers do, in words and as the shape of a marker. */

import type { FleetState } from '../../map/fleet/model';
import type { BoardDriver } from './model';

export function fleetState({ status, lostSignal, offeredOrderId }: BoardDriver): FleetState {
  if (status === 'offline') return 'offline';
  if (lostSignal) return 'silent';
  if (status === 'busy') return 'busy';
  return offeredOrderId === undefined ? 'free' : 'offered';
}

export const FLEET_WORDS: Record<FleetState, string> = {
  free: 'free',
  offered: 'has an offer',
  busy: 'with an order',
  silent: 'silent',
  offline: 'off duty',
};
