/** The link that opens one order, for whoever has it. */

import type { Order } from '../../api/model';

/** Of the orders that this page has made: in memory alone, since a key in a store is a key for all. */
const links = new Map<string, string>();

export function trackingPath({ orderId, trackingKey }: Order): string {
  const path = `/track/${encodeURIComponent(orderId)}`;
  return trackingKey ? `${path}#key=${encodeURIComponent(trackingKey)}` : path;
}

export function rememberLink(order: Order): void {
  links.set(order.orderId, location.origin + trackingPath(order));
}

/** Whole, with the key, so that it opens on another phone. */
export function linkOf(orderId: string): string | undefined {
  return links.get(orderId);
}

/** The key in an address that somebody has opened; with it, the link can be passed on. */
export function keyInAddress(orderId: string): string | undefined {
  const key = new URLSearchParams(location.hash.slice(1)).get('key') ?? undefined;
  if (key) links.set(orderId, location.href);
  return key;
}

/** Whoever looks over a shoulder, or at the history, shall not read it. */
export function hideKey(): void {
  history.replaceState(null, '', location.pathname);
}
