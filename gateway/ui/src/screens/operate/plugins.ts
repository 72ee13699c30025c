/** Plugins that are bound to actors, as operators look at them. */

import type { BoundPlugin } from './model';

export type PluginState = 'asked' | 'rests' | 'unusable';

export const PLUGIN_WORDS: Record<PluginState, string> = {
  asked: '✓ asked',
  rests: '◐ rests',
  unusable: '× not asked at all',
};

export function stateOf({ unusable, standing }: BoundPlugin): PluginState {
  if (unusable !== undefined) return 'unusable';
  return standing?.trust === 'resting' ? 'rests' : 'asked';
}

/** What went wrong, if anything did. */
export function troubleOf({ unusable, standing, lastFailure }: BoundPlugin): string | undefined {
  return unusable ?? standing?.lastFailure ?? lastFailure ?? undefined;
}

const WORST_FIRST: PluginState[] = ['unusable', 'rests', 'asked'];

export function worstFirst(plugins: BoundPlugin[]): BoundPlugin[] {
  const rank = (plugin: BoundPlugin) => WORST_FIRST.indexOf(stateOf(plugin));
  return plugins.toSorted((a, b) => rank(a) - rank(b) || (a.actor < b.actor ? -1 : 1));
}
