/** Who one is, and what the gateway offers: `/api/session`. */

import { readJson } from './read';
import type { components } from './types';

type Schemas = components['schemas'];

/** Where data lies is told to those who may look at everything. */
export type Session = Schemas['GetSessionAnswer'] & { dataPath?: string };
export type Role = Session['role'];
export type DemoRole = Schemas['DemoRole'];

export const SESSION_PATH = '/api/session';

export function readSession(): Promise<Session> {
  return readJson<Session>(SESSION_PATH);
}
