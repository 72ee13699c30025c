/** What a driver is to do now, and what is in the way of it. */

import type { OrderStatus } from '../../api/model';
import { span } from '../../time/words';
import type { Duty, Gone, Load, Offer } from './model';

export type Phase = 'off' | 'waiting' | 'offer' | 'restaurant' | 'door';

export function phaseOf(duty: Duty, load: Load | undefined, now: number): Phase {
  if (duty.orderId !== undefined) {
    return load?.status === 'outForDelivery' ? 'door' : 'restaurant';
  }
  if (duty.status === 'offline') return 'off';
  if (duty.offer && secondsLeft(duty.offer, now) > 0) return 'offer';
  return 'waiting';
}

/**
 * The order as whoever has it in their hands sees it: the pizza does not wait for the network, and
 * the door is what they need next.
 *
 * @param isPickedUp was tapped, and the server has not heard of it
 */
export function asTapped(load: Load | undefined, isPickedUp: boolean): Load | undefined {
  return load?.status === 'ready' && isPickedUp ? { ...load, status: 'outForDelivery' } : load;
}

/** Whole seconds in which an offer may still be answered, by the server's clock. */
export function secondsLeft({ expiresAt }: Offer, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(expiresAt) - now) / 1_000));
}

/** How long there was, as far as the restaurant has said so. */
const USUAL_SECONDS = 60;

/** The part of the time for an answer that is left, from 0 to 1. */
export function shareLeft(offer: Offer, now: number): number {
  return Math.min(1, secondsLeft(offer, now) / Math.max(1, offer.seconds ?? USUAL_SECONDS));
}

/** So long somebody is told where it went. */
const TOLD_MS = 15_000;

export function goneWords(duty: Duty, gone: Gone | undefined, now: number): string | undefined {
  // The time is over, and the server has not said so yet.
  if (duty.offer && secondsLeft(duty.offer, now) === 0) return WORDS.expired;
  if (!gone || now - gone.at > TOLD_MS) return undefined;
  return WORDS[gone.reason];
}

const WORDS: Record<Gone['reason'], string | undefined> = {
  expired: 'Given to the next driver.',
  taken: 'Somebody else has it already.',
  declined: undefined,
  delivered: 'Delivered. Thank you!',
  given: 'The order was given to another driver.',
  returned: 'The order is offered to others. The restaurant knows.',
};

/** Why it cannot be picked up; `undefined` when it can. */
export function notYet(load: Load | undefined, now: number): string | undefined {
  if (!load) return 'the order is being read';
  const word = MAKING[load.status];
  if (word === undefined) return undefined;
  const left = Date.parse(load.estimatedDeliveryAt ?? '') - now;
  return left > 60_000 ? `${word}, at the door in about ${span(left)}` : word;
}

const MAKING: Partial<Record<OrderStatus, string>> = {
  created: 'nobody makes it yet',
  preparing: 'it is being made',
  baking: 'it is in the oven',
};

/** Nearer than this to the door nobody is asked anything. */
const AT_THE_DOOR_M = 200;

/** @param metres to the door; `undefined` where nobody knows */
export function isFarFromDoor(metres: number | undefined): boolean {
  return metres !== undefined && metres > AT_THE_DOOR_M;
}

/** What is said aloud of an offer: at the start, at 20 s and at 10 s left. */
export function spokenOf(offer: Offer, left: number, pizzas: string): string {
  if (left <= 10) return '10 seconds left to answer.';
  if (left <= 20) return '20 seconds left to answer.';
  return `An offer: ${pizzas} from ${offer.restaurantName ?? offer.restaurantId}.`;
}

export function pizzasIn(count: number | undefined): string {
  if (count === undefined) return 'pizza';
  return count === 1 ? '1 pizza' : `${count} pizzas`;
}
