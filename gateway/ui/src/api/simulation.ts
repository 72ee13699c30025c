/** The people of a demo who order and drive by themselves. */

import { request } from './http';
import { ApiError, problemOf } from './problem';
import { read, unlessAbsent, type ReadAt } from './read';

export type Simulation = ReadAt<'/api/simulation'>;
export type Wish = Pick<Simulation, 'on'> & Partial<Pick<Simulation, 'rate' | 'drivers'>>;

const PATH = '/api/simulation';
/** Off is answered when everybody is home, which takes a while where much was ordered. */
const PATIENCE_MS = 60_000;

/** `undefined` where nobody is simulated, or not for whoever asks. */
export function readSimulation(): Promise<Simulation | undefined> {
  return unlessAbsent(read(PATH));
}

/** @throws {ApiError} when the gateway declines */
export async function setSimulation(wish: Wish): Promise<Simulation> {
  const response = await request(PATH, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return (await response.json()) as Simulation;
}
