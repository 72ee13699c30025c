/** The commands of a kitchen, without those for the next step. */

import type { CommandSpec } from '../../command/command';
import type { RemakeReason } from './model';

export class Actions {
  readonly #kitchen: string;

  constructor(kitchenId: string) {
    this.#kitchen = `/api/kitchen/${encodeURIComponent(kitchenId)}`;
  }

  burn(orderId: string, reason: RemakeReason): CommandSpec {
    return this.#ofOrder(orderId, 'burn', { reason });
  }

  putBack(orderId: string): CommandSpec {
    return this.#ofOrder(orderId, 'put-back', {});
  }

  assign(orderId: string, chefId: string): CommandSpec {
    return this.#ofOrder(orderId, 'assign', { chefId });
  }

  see(alertId: number): CommandSpec {
    const path = `${this.#kitchen}/alerts/${alertId}/seen`;
    return { method: 'POST', path, body: {}, entity: `alert/${alertId}` };
  }

  clockIn(chefId: string): CommandSpec {
    const path = `${this.#kitchen}/chefs`;
    return { method: 'POST', path, body: { chefId }, entity: `chef/${chefId}` };
  }

  clockOut(chefId: string): CommandSpec {
    const path = `${this.#kitchen}/chefs/${encodeURIComponent(chefId)}`;
    return { method: 'DELETE', path, entity: `chef/${chefId}` };
  }

  /** On the same entity as the steps, so that all that is said of an order keeps its turn. */
  #ofOrder(orderId: string, action: string, body: unknown): CommandSpec {
    const path = `${this.#kitchen}/orders/${encodeURIComponent(orderId)}/${action}`;
    return { method: 'POST', path, body, entity: `order/${orderId}` };
  }
}
