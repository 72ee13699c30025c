import { describe, expect, it } from 'vitest';
import { duty, load, offer, NOW } from './fixtures';
import {
  asTapped,
  goneWords,
  isFarFromDoor,
  notYet,
  phaseOf,
  pizzasIn,
  secondsLeft,
  shareLeft,
  spokenOf,
} from './phase';

describe('what a driver is to do', () => {
  const offered = duty({ offer: offer({ expiresAt: NOW + 20_000 }) });
  it.each([
    ['off', duty({ status: 'offline' }), undefined, NOW],
    ['waiting', duty({}), undefined, NOW],
    ['offer', offered, undefined, NOW],
    // By the server's clock it is over, whether or not the server has said so.
    ['waiting', offered, undefined, NOW + 20_000],
    ['restaurant', duty({ status: 'busy', orderId: 'o' }), undefined, NOW],
    ['restaurant', duty({ status: 'busy', orderId: 'o' }), load({ status: 'ready' }), NOW],
    ['door', duty({ status: 'busy', orderId: 'o' }), load({ status: 'outForDelivery' }), NOW],
    // An order in the car counts before everything else.
    ['door', duty({ status: 'offline', orderId: 'o' }), load({ status: 'outForDelivery' }), NOW],
  ] as const)('is %s', (phase, driver, order, now) => {
    expect(phaseOf(driver, order, now)).toBe(phase);
  });
});

describe('a pizza that was picked up without a network', () => {
  it('is on its way for whoever has it, and only if it was ready', () => {
    const ready = load({ status: 'ready' });
    expect(asTapped(ready, true)?.status).toBe('outForDelivery');
    expect(asTapped(ready, false)).toBe(ready);
    expect(asTapped(load({ status: 'cancelled' }), true)?.status).toBe('cancelled');
    expect(asTapped(undefined, true)).toBeUndefined();
  });
});

describe('an offer', () => {
  const one = offer({ expiresAt: NOW + 30_000, seconds: 60 });

  it('empties with the time of the server', () => {
    expect(secondsLeft(one, NOW)).toBe(30);
    expect(secondsLeft(one, NOW + 29_001)).toBe(1);
    expect(secondsLeft(one, NOW + 31_000)).toBe(0);
    expect(shareLeft(one, NOW)).toBe(0.5);
    expect(shareLeft(one, NOW - 90_000)).toBe(1);
  });

  it('is said aloud at the start, at 20 s and at 10 s', () => {
    const named = { ...one, restaurantName: 'Napoli' };
    expect(spokenOf(named, 60, '2 pizzas')).toBe('An offer: 2 pizzas from Napoli.');
    expect(spokenOf(named, 20, '2 pizzas')).toContain('20 seconds');
    expect(spokenOf(named, 10, '2 pizzas')).toContain('10 seconds');
  });

  it('that ran out went to the next driver, at once and without the word of the server', () => {
    const over = duty({ offer: offer({ expiresAt: NOW - 1 }) });
    expect(goneWords(over, undefined, NOW)).toBe('Given to the next driver.');
    const gone = { orderId: 'o', reason: 'expired', at: NOW } as const;
    expect(goneWords(duty({}), gone, NOW + 1_000)).toBe('Given to the next driver.');
    expect(goneWords(duty({}), gone, NOW + 60_000)).toBeUndefined();
    expect(goneWords(duty({}), { ...gone, reason: 'declined' }, NOW)).toBeUndefined();
  });
});

describe('picking up', () => {
  it('says why it cannot be', () => {
    expect(notYet(undefined, NOW)).toBe('the order is being read');
    expect(notYet(load({ status: 'ready' }), NOW)).toBeUndefined();
    const estimatedDeliveryAt = new Date(NOW + 4 * 60_000).toISOString();
    const baking = load({ status: 'baking', estimatedDeliveryAt });
    expect(notYet(baking, NOW)).toBe('it is in the oven, at the door in about 4 min');
    expect(notYet(load({ status: 'preparing' }), NOW)).toBe('it is being made');
  });
});

it('asks at a door only whoever is far from it', () => {
  expect([undefined, 0, 200, 201].map(isFarFromDoor)).toEqual([false, false, false, true]);
});

it('counts pizzas', () => {
  expect([undefined, 1, 3].map(pizzasIn)).toEqual(['pizza', '1 pizza', '3 pizzas']);
});
