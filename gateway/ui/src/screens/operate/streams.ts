/** Streams of events, of which the names are known from the modules. */

import type { ModuleInfo } from './model';

export const STREAM_PAGE = 100;

/** Those that some module publishes or listens to. */
export function knownStreams(modules: Iterable<ModuleInfo>): string[] {
  const names = new Set<string>();
  for (const { manifest, subscriptions } of modules) {
    for (const name of manifest?.publishes ?? []) if (!name.includes('*')) names.add(name);
    for (const name of subscriptions) names.add(name);
  }
  return [...names].sort();
}

/** After which position to read for the page that ends just before this one. */
export function pageBefore(position: number): number {
  return Math.max(0, position - 1 - STREAM_PAGE);
}
