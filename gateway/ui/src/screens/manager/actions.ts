/** The commands of a manager. */

import type { CommandSpec } from '../../command/command';

export class Actions {
  readonly #restaurant: string;
  readonly #inventory: string;

  constructor(restaurantId: string) {
    const id = encodeURIComponent(restaurantId);
    this.#restaurant = `/api/restaurants/${id}`;
    this.#inventory = `/api/inventory/${id}`;
  }

  setOpen(open: boolean): CommandSpec {
    const path = `${this.#restaurant}/open`;
    return { method: 'PUT', path, body: { open }, entity: 'restaurant' };
  }

  see(alertId: number): CommandSpec {
    const path = `${this.#restaurant}/alerts/${alertId}/seen`;
    return { method: 'POST', path, entity: `alert/${alertId}` };
  }

  /** It is added to what is there. */
  restock(ingredient: string, quantity: number): CommandSpec {
    const path = `${this.#inventory}/stock`;
    const body = { amounts: [{ ingredient, quantity }] };
    return { method: 'PUT', path, body, entity: `stock/${ingredient}` };
  }

  setThreshold(ingredient: string, quantity: number): CommandSpec {
    const path = `${this.#inventory}/thresholds`;
    const body = { thresholds: [{ ingredient, quantity }] };
    return { method: 'PUT', path, body, entity: `stock/${ingredient}` };
  }

  confirmSupply(supplyId: string): CommandSpec {
    return this.#supply(supplyId, 'confirm', 'ordered');
  }

  cancelSupply(supplyId: string): CommandSpec {
    return this.#supply(supplyId, 'cancel', 'cancelled');
  }

  #supply(supplyId: string, action: string, done: string): CommandSpec {
    return {
      method: 'POST',
      path: `${this.#inventory}/orders/${encodeURIComponent(supplyId)}/${action}`,
      body: {},
      entity: `supply/${supplyId}`,
      isDone: ({ members }) => members['current'] === done,
    };
  }

  assignDriver(orderId: string, driverId: string, version: number): CommandSpec {
    return {
      ...ofOrder(orderId, 'assign-driver'),
      body: { driverId },
      // Somebody else may have assigned another one since it was drawn.
      ifMatch: version,
    };
  }

  cancel(orderId: string, version: number): CommandSpec {
    return {
      ...ofOrder(orderId, 'cancel'),
      body: { reason: 'cancelled by the restaurant' },
      ifMatch: version,
      isDone: ({ members }) => members['current'] === 'cancelled',
    };
  }

  confirmDelivery(orderId: string): CommandSpec {
    return {
      ...ofOrder(orderId, 'confirm-delivery'),
      body: {},
      isDone: ({ members }) => members['current'] === 'delivered',
    };
  }
}

function ofOrder(orderId: string, action: string) {
  const path = `/api/orders/${encodeURIComponent(orderId)}/${action}`;
  return { method: 'POST', path, entity: `order/${orderId}` } as const;
}
