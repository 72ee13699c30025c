/** The screens in the states in which they have to be fit for everybody. */

import type { Page } from '@playwright/test';
import { expect } from '@playwright/test';
import { card, keepSilent, light, openKitchen, step } from './pages';
import { fill, plus } from './ordering';
import { offline, type State } from './state';
import { AT_WORK } from './states-at-work';
import type { Api } from './api';

const ADDRESS = 'Via Toledo 12';

async function order(page: Page, api: Api): Promise<void> {
  await page.goto(`/order/${await api.restaurant({ stock: { garlic: 0 } })}`);
  await page.getByRole('heading', { name: 'Your order' }).waitFor();
}

async function track(page: Page, api: Api, status?: string): Promise<string> {
  const restaurant = await api.restaurant({ chefs: 0 });
  const { orderId } = await api.order(restaurant, { note: 'ring twice' });
  if (status) await api.status(orderId, status);
  await page.goto(`/track/${orderId}`);
  await expect(light(page)).toHaveText(/^live/);
  return orderId as string;
}

/** Something in each lane, alarms, an oven, and a chef who is busy. */
export async function busyKitchen(api: Api, name?: string): Promise<string> {
  const restaurant = await api.restaurant({ chefs: 2, ...(name ? { name } : {}) });
  const items = [
    { pizzaType: 'Margherita', quantity: 2 },
    { pizzaType: 'Funghi', quantity: 1 },
  ];
  const orders: string[] = [];
  for (let n = 0; n < 6; n++) {
    const more = { customerId: `customer-${n}`, items, pizzaType: undefined, note: 'no basil' };
    orders.push((await api.order(restaurant, more)).orderId as string);
  }
  const [first = '', second = ''] = orders;
  await api.hasStatus(second, 'preparing');
  await api.status(first, 'baking');
  await api.status(first, 'ready');
  await api.status(second, 'baking');
  const kitchen = `/api/actors/kitchen/${restaurant}`;
  await api.tell('POST', `${kitchen}/report-oven`, ['left', 312.5, null]);
  await api.tell('POST', `${kitchen}/report-alert`, ['overheat', 'oven left is too hot']);
  await api.isInKitchen(restaurant, orders);
  return restaurant;
}

async function kitchen(page: Page, api: Api): Promise<void> {
  await openKitchen(page, await busyKitchen(api));
  await expect(page.getByRole('article')).not.toHaveCount(0);
}

export const STATES: State[] = [
  {
    name: 'start, live',
    async show(page) {
      await page.goto('/');
      await expect(light(page)).toHaveText(/^live/);
      await page.getByRole('navigation', { name: 'Screens' }).waitFor();
    },
  },
  {
    name: 'start, offline',
    async show(page, _, network) {
      await page.goto('/');
      await expect(light(page)).toHaveText(/^live/);
      await network.cut(page.context());
      await expect(light(page)).toHaveText('offline', { timeout: 30_000 });
    },
  },
  { name: 'order, empty', show: order },
  {
    name: 'order, filled, and refused',
    async show(page, api) {
      const restaurant = await api.restaurant({ stock: { basil: 1 } });
      await page.goto(`/order/${restaurant}`);
      await plus(page, 'Margherita');
      await fill(page, { name: 'Ada', address: ADDRESS });
      await api.order(restaurant);
      await page.getByRole('button', { name: /^Order ·/ }).click();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'order, with what is missing, and the map',
    async show(page, api) {
      await order(page, api);
      await page.getByRole('button', { name: /^Order ·/ }).click();
      await page.getByRole('button', { name: 'Choose on the map' }).click();
      await page.getByLabel(/Map on which you choose your door/).waitFor();
    },
  },
  { name: 'track, live', show: async (page, api) => void (await track(page, api)) },
  {
    name: 'track, with its dialog',
    async show(page, api) {
      await track(page, api);
      await page.getByRole('button', { name: 'Cancel the order' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'track, offline',
    async show(page, api, network) {
      await track(page, api, 'preparing');
      await offline(page, network);
    },
  },
  {
    name: 'track, cancelled',
    async show(page, api) {
      const orderId = await track(page, api);
      await api.tell('POST', `/api/orders/${orderId}/cancel`, { reason: 'no appetite' });
      await expect(page.getByRole('button', { name: 'Order again' })).toBeVisible();
    },
  },
  {
    name: 'track, of no order',
    async show(page) {
      await page.goto('/track/none');
      await page.getByText('There is no such order').waitFor();
    },
  },
  {
    name: 'kitchen, empty',
    show: async (page, api) => openKitchen(page, await api.restaurant()),
  },
  { name: 'kitchen, busy', show: kitchen },
  {
    name: 'kitchen, offline, with a tap that is kept',
    async show(page, api, network) {
      await kitchen(page, api);
      await keepSilent(page);
      await offline(page, network);
      await page.locator('.lane.waiting button.step').first().click();
      await expect(page.getByText(/tap (is )?kept/)).toBeVisible();
    },
  },
  {
    name: 'kitchen, a card that was tapped, with its dialog',
    async show(page, api) {
      const restaurant = await api.restaurant({ chefs: 0 });
      const { orderId } = await api.order(restaurant);
      await openKitchen(page, restaurant);
      await keepSilent(page);
      await step(card(page, orderId)).click();
      // Where it was it stays under the pointer, dimmed; the last one is where it is.
      await page
        .getByRole('button', { name: /^More for order/ })
        .last()
        .click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'kitchen, recall',
    async show(page, api) {
      await kitchen(page, api);
      await page.getByRole('button', { name: 'Recall' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'kitchen, keys',
    async show(page, api) {
      await kitchen(page, api);
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'sign in, with a wrong token',
    async show(page) {
      await page.goto('/sign-in');
      await page.getByLabel('Token').fill('wrong');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('No such token is known here.').waitFor();
    },
  },
  ...AT_WORK,
];
