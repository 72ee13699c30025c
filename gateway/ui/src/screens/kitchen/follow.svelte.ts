/** Watches what changes, and says so aloud: sounds, and one sentence for those who do not see. */

import { untrack } from 'svelte';
import { announcer } from '../../frame/announce.svelte';
import { network } from '../../frame/network.svelte';
import { version } from '../../frame/version.svelte';
import { now } from '../../time/tick';
import { openAlarms } from './alarms';
import { look, newsSince, newsWords } from './changes';
import type { Desk } from './desk.svelte';

/** Nobody has touched it for so long: it may load itself anew. */
const UNTOUCHED_MS = 60_000;
const ALARM_EVERY_MS = 8_000;
/** What happens in between is one sentence. */
const SAY_EVERY_MS = 5_000;

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
  let heard = first;
  let told = { seen: first, at: untrack(now) };
  let wasAway = false;
  $effect(() => {
    const desk = of();
    const seen = look(desk.view.tickets, now());
    const { kind } = desk.live.condition(now(), network.isOnline);
    wasAway ||= kind === 'offline' || kind === 'gap';
    // Told in one sentence when it is over, and by one sound at most.
    if (wasAway && kind !== 'live' && kind !== 'quiet') return;
    const news = newsSince(heard, seen);
    heard = seen;
    if (news.late.length > 0) desk.sound.play('late');
    else if (news.fresh.length > 0) desk.sound.play('new');
    if (wasAway || now() - told.at >= SAY_EVERY_MS) {
      const words = newsWords(newsSince(told.seen, seen));
      if (words) announcer.say(wasAway ? `While you were away: ${words}` : words);
      told = { seen, at: now() };
    }
    wasAway = false;
    untrack(() => desk.tidy());
  });
}

function followAlarms(of: () => Desk): void {
  const isAlarm = $derived(openAlarms(of().view.alerts).length > 0);
  $effect(() => {
    if (!isAlarm) return;
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
