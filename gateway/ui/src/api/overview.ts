/** The figures of the start page, and the simulation. Gateways may be without either. */

import type { Location } from './model';
import { request } from './http';
import { ApiError, problemOf, problemOfError } from './problem';
import { read, readJson } from './read';
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
}

export interface Overview {
  restaurants: RestaurantOverview[];
}

export interface Simulation {
  on: boolean;
  /** Orders a minute. */
  rate: number;
  drivers: number;
  since?: string;
}

export async function readOverview(signal?: AbortSignal): Promise<Overview | undefined> {
  const answer = await unlessAbsent(read('/api/overview', {}, signal));
  return answer && { restaurants: answer.restaurants.map(viewOf) };
}

function viewOf(restaurant: RestaurantInFigures): RestaurantOverview {
  const { id, name, location, isOpen, underWay, late, drivers } = restaurant;
  return { id, name, location, isOpen, underWay, late, driving: drivers.busy };
}

export function readSimulation(signal?: AbortSignal): Promise<Simulation | undefined> {
  return unlessAbsent(readJson<Simulation>('/api/simulation', signal));
}

export async function setSimulation(wanted: Omit<Simulation, 'since'>): Promise<void> {
  const response = await request('/api/simulation', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wanted),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
}

/** What a gateway does not offer, and what it does not show to everybody, is simply not there. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ([401, 403, 404, 405].includes(problemOfError(error).status)) return undefined;
    throw error;
  }
}
