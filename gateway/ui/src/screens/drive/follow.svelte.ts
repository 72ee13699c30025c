/** What happens by itself while somebody drives: sounds, the way, the figures of the day. */

import { untrack } from 'svelte';
import { announcer } from '../../frame/announce.svelte';
import { network } from '../../frame/network.svelte';
import { clock } from '../../time/now';
import { now } from '../../time/tick';
import { goneWords } from './phase';
import type { Shift } from './shift.svelte';

const OFFER_EVERY_MS = 5_000;
const ROUTE_EVERY_MS = 30_000;
const DAY_EVERY_MS = 30_000;
const BUZZ = [300, 150, 300];
/** A page that was hidden for less has missed nothing worth telling. */
const BLIND_MS = 5_000;

/** Within a component alone. */
export function follow(shift: Shift): void {
  followOffers(shift);
  followWay(shift);
  followDay(shift);
  followSensor(shift);
  followWords(shift);
}

function followOffers(shift: Shift): void {
  const offered = $derived(shift.phase === 'offer' ? shift.view.duty?.offer?.orderId : undefined);
  $effect(() => {
    if (offered === undefined || !shift.isOwn) return;
    const ring = () => {
      shift.sound.play('offer');
      // Where there is no motor, or nobody has touched the page yet, it does nothing.
      navigator.vibrate?.(BUZZ);
    };
    untrack(ring);
    const timer = setInterval(ring, OFFER_EVERY_MS);
    return () => {
      clearInterval(timer);
      navigator.vibrate?.(0);
    };
  });
}

/** The way is asked for when the order is another, or elsewhere, and now and then. */
function followWay(shift: Shift): void {
  const target = $derived(
    shift.view.load && `${shift.view.load.orderId} ${shift.view.load.status}`,
  );
  $effect(() => {
    if (target === undefined) {
      shift.route = undefined;
      return;
    }
    const ask = () => void shift.readRoute();
    ask();
    const timer = setInterval(ask, ROUTE_EVERY_MS);
    return () => clearInterval(timer);
  });
  // A simulated ride goes on from where it is, along the newest way.
  $effect(() => {
    void shift.route;
    void shift.pickUp;
    void target;
    untrack(() => shift.rideOn());
  });
}

function followDay(shift: Shift): void {
  const moment = $derived(`${shift.view.duty?.delivered} ${shift.phase}`);
  $effect(() => {
    void moment;
    const ask = () => void shift.readDay();
    ask();
    const timer = setInterval(ask, DAY_EVERY_MS);
    return () => clearInterval(timer);
  });
}

function followSensor(shift: Shift): void {
  const isOff = $derived(shift.phase === 'off');
  $effect(() => {
    if (shift.phase === undefined || !shift.isOwn) return;
    if (isOff) shift.sensor.stop();
    else untrack(() => void shift.sensor.startIfAllowed());
  });
  $effect(() => {
    if (network.isOnline) untrack(() => shift.retryPositions());
  });
}

function followWords(shift: Shift): void {
  const words = $derived(
    shift.view.duty ? goneWords(shift.view.duty, shift.view.gone, now()) : undefined,
  );
  $effect(() => {
    if (words) announcer.say(words);
  });
}

/** How long a page saw nothing: in the background a browser gives no positions. */
export class Blindness {
  /** Of the last time, until somebody has read it. */
  ms = $state(0);
  #since: number | undefined;
  readonly #look = () => {
    if (document.hidden) {
      this.#since = clock.now();
      return;
    }
    // Some browsers go on all the same.
    const heardAt = Math.max(this.#since ?? Infinity, this.heardAt() ?? 0);
    const ms = clock.now() - heardAt;
    this.#since = undefined;
    if (ms >= BLIND_MS) this.ms = ms;
  };

  /** @param heardAt when the server was told a position last */
  constructor(private readonly heardAt: () => number | undefined) {
    document.addEventListener('visibilitychange', this.#look);
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#look);
  }
}
