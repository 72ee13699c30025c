/** Orders to suppliers, as an address names them. */

import type { SupplyOrder } from './model';

/** In the place of a number: whichever waits first. */
export const FIRST = 'first';

export function mayConfirm({ state }: SupplyOrder): boolean {
  return state === 'proposed';
}

export function mayCancel({ state }: SupplyOrder): boolean {
  return state === 'proposed' || state === 'ordered' || state === 'accepted';
}

/** The one that somebody was led to; one that is decided already is none, and the first that waits is meant. */
export function meant(orders: SupplyOrder[], wanted: string | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  const named = orders.find(({ orderId }) => orderId === wanted);
  return (named ?? orders.find(mayConfirm))?.orderId;
}
