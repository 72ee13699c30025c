/** The commands of a driver. */

import type { Location } from '../../api/model';
import { request } from '../../api/http';
import { ApiError, problemOf } from '../../api/problem';
import type { CommandSpec } from '../../command/command';
import type { Kept } from '../../keep/commands';
import type { Fix, Trouble } from './model';

export class Actions {
  readonly #driver: string;
  readonly #entity: string;

  constructor(driverId: string) {
    this.#driver = `/api/drivers/${encodeURIComponent(driverId)}`;
    this.#entity = `driver/${driverId}`;
  }

  work(status: 'available' | 'offline'): CommandSpec {
    return { ...this.#post('status', { status }), method: 'PUT' };
  }

  accept(orderId: string): CommandSpec {
    return this.#post('accept', { orderId });
  }

  reject(orderId: string): CommandSpec {
    return this.#post('reject', { orderId });
  }

  /** The order is named: kept for an hour, it must not be another one's. */
  pickUp(orderId: string | undefined): CommandSpec {
    return this.#post('picked-up', { orderId });
  }

  deliver(orderId: string | undefined): CommandSpec {
    return this.#post('delivered', { orderId });
  }

  cannotDeliver(reason: Trouble, orderId: string | undefined): CommandSpec {
    return this.#post('cannot-deliver', { reason, orderId });
  }

  /**
   * No command: a newer position is worth more than the same one again.
   *
   * @returns whether they were taken
   * @throws where nobody answers, or later
   */
  async sendPositions(fixes: Fix[]): Promise<boolean> {
    const response = await request(`${this.#driver}/location`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fixes.map(wire)),
      signal: AbortSignal.timeout(POSITION_PATIENCE_MS),
    });
    if (response.ok) return true;
    if (response.status >= 500 || response.status === 429 || response.status === 401) {
      throw new ApiError(await problemOf(response));
    }
    return false;
  }

  /** On one entity, so that all that a driver says keeps its turn. */
  #post(action: string, body: unknown): CommandSpec {
    const path = `${this.#driver}/${action}`;
    const isDone = doneAlready({ path });
    return { method: 'POST', path, body, entity: this.#entity, ...(isDone && { isDone }) };
  }
}

/** Where an order is that has got there already, by the step that is asked for. */
const DONE_AS: Record<string, string> = { 'picked-up': 'outForDelivery', delivered: 'delivered' };

/** Which refusals say that the step has happened; `undefined` for what is no step. */
export function doneAlready({ path }: Pick<CommandSpec, 'path'>): CommandSpec['isDone'] {
  const status = DONE_AS[path.slice(path.lastIndexOf('/') + 1)];
  return status === undefined ? undefined : ({ members }) => members['current'] === status;
}

/** A tap of an earlier page. */
export function withDone({ spec }: Kept): CommandSpec {
  const isDone = doneAlready(spec);
  return { ...spec, ...(isDone && { isDone }) };
}

const POSITION_PATIENCE_MS = 10_000;

interface WireFix extends Location {
  timestamp: number;
  accuracy?: number;
  speed?: number;
  heading?: number;
}

function wire({ location, at, accuracy, speed, heading }: Fix): WireFix {
  return {
    ...location,
    timestamp: Math.round(at),
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(speed === undefined ? {} : { speed: Math.max(0, speed) }),
    ...(heading === undefined ? {} : { heading }),
  };
}
