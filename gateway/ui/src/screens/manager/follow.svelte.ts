/** Says what changes in one sentence, for those who do not see. */

import { untrack } from 'svelte';
import { announcer } from '../../frame/announce.svelte';
import { network } from '../../frame/network.svelte';
import { now } from '../../time/tick';
import { look, newsSince, newsWords } from './changes';
import type { Desk } from './desk.svelte';

/** What happens in between is one sentence. */
const SAY_EVERY_MS = 5_000;

/** Within a component alone. */
export function follow(of: () => Desk): void {
  const seen = () => look(of().open(), of().late.length, of().needs.length);
  let told = { seen: untrack(seen), at: untrack(now) };
  let wasAway = false;
  $effect(() => {
    const at = now();
    const { kind } = of().live.condition(at, network.isOnline);
    wasAway ||= kind === 'offline' || kind === 'gap';
    const isBack = kind === 'live' || kind === 'quiet';
    if (!isBack || (!wasAway && at - told.at < SAY_EVERY_MS)) return;
    // Looked at by the tick, and not with each of fifty changes a second.
    const current = untrack(seen);
    const words = newsWords(newsSince(told.seen, current));
    if (words) announcer.say(wasAway ? `While you were away: ${words}` : words);
    told = { seen: current, at };
    wasAway = false;
  });
}
