import { expect, it } from 'vitest';
import { match } from './match';

it.each([
  ['/', '/', {}],
  ['/', '/x', undefined],
  ['/sign-in', '/sign-in/', {}],
  ['/order/{restaurantId}', '/order/napoli', { restaurantId: 'napoli' }],
  ['/order/{restaurantId}', '/order/', undefined],
  ['/order/{restaurantId}', '/order/a%2Fb', { restaurantId: 'a/b' }],
  ['/order/{restaurantId}', '/order/%E0%A4%A', undefined],
  ['/order/{restaurantId}', '/order/a/b', undefined],
])('%s at %s', (pattern, path, parameters) => {
  expect(match(pattern, path)).toEqual(parameters);
});
