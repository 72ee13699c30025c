/** Watches what changes, and says so aloud: sounds, and one sentence for those who do not see. */

import { untrack } from 'svelte';
import { announcer } from '../../frame/announce.svelte';
import { network } from '../../frame/network.svelte';
import { version } from '../../frame/version.svelte';
import { now } from '../../time/tick';
import { look } from './changes';
import type { Desk } from './desk.svelte';
import { Teller } from './teller';

/** Nobody has touched it for so long: it may load itself anew. */
const UNTOUCHED_MS = 60_000;
const ALARM_EVERY_MS = 8_000;

/** Within a component alone. */
export function follow(of: () => Desk): void {
  followNews(of);
  followAlarms(of);
  followVersion(of);
}

function followNews(of: () => Desk): void {
  const first = look(
    untrack(() => of().view.tickets),
    untrack(now),
  );
  const teller = new Teller(first, untrack(now));
  $effect(() => {
    const desk = of();
    const { kind } = desk.live.condition(now(), network.isOnline);
    const { tune, words, summary } = teller.hear(kind, look(desk.view.tickets, now()), now());
    untrack(() => {
      // An alarm is louder than anything else, and two sounds at once are none.
      if (tune && desk.alarms.length === 0) desk.sound.play(tune);
      if (words) announcer.say(words);
      if (summary) desk.summarize(summary);
      desk.tidy();
    });
  });
}

function followAlarms(of: () => Desk): void {
  const isAlarm = $derived(of().alarms.length > 0);
  // What is over by now shall not sound while the past is caught up with.
  const isPast = $derived(
    ['catching-up', 'gap'].includes(of().live.condition(now(), network.isOnline).kind),
  );
  $effect(() => {
    if (!isAlarm || isPast) return;
    const { sound } = of();
    untrack(() => sound.play('alarm'));
    const timer = setInterval(() => sound.play('alarm'), ALARM_EVERY_MS);
    return () => clearInterval(timer);
  });
}

/** A screen on a wall has nobody who presses "Load it". */
function followVersion(of: () => Desk): void {
  let touchedAt = untrack(now);
  const touched = () => (touchedAt = untrack(now));
  $effect(() => {
    window.addEventListener('pointerdown', touched);
    window.addEventListener('keydown', touched);
    return () => {
      window.removeEventListener('pointerdown', touched);
      window.removeEventListener('keydown', touched);
    };
  });
  $effect(() => {
    if (!version.isNewer || now() - touchedAt < UNTOUCHED_MS) return;
    const { sending, kept } = of().taps.open;
    if (sending + kept === 0) location.reload();
  });
}
