/** A driver's round: the offer, the pizza, the way, the door; and what others see of it. */

import type { Page } from '@playwright/test';
import { CENTRE, type Api } from './support/api';
import { expect, PHONE, test, type NewBrowser } from './support/journey';
import { light } from './support/pages';

/** Some streets to the north-east of the square. */
const DOOR = { lat: 40.8561, lon: 14.2745 };

const half = (from: number, to: number) => (from + to) / 2;
const HALFWAY = { lat: half(CENTRE.lat, DOOR.lat), lon: half(CENTRE.lon, DOOR.lon) };

test('an offer that runs out, one that is taken, the ride, and the door', async ({
  api,
  newBrowser,
}) => {
  test.setTimeout(240_000);
  const [slow, quick] = [driverId('slow'), driverId('quick')];
  const restaurant = await api.restaurant({ chefs: 0, drivers: [slow, quick] });
  const { orderId } = await api.order(restaurant, { deliveryLocation: DOOR });
  const customer = await (await newBrowser({ viewport: PHONE })).newPage();
  await customer.goto(`/track/${orderId}`);

  // The nearer one is asked first.
  const first = await phone(newBrowser, CENTRE);
  const second = await phone(newBrowser, HALFWAY);
  await onDuty(first, slow);
  await onDuty(second, quick);
  for (const status of ['preparing', 'baking', 'ready']) await api.status(orderId, status);

  await expect(first.getByRole('button', { name: 'Take it' })).toBeVisible();
  await ringEmpties(first);
  // It runs out by the server's clock, and goes to the next one.
  await expect(second.getByRole('button', { name: 'Take it' })).toBeVisible({ timeout: 90_000 });
  await expect(first.locator('main').getByText('Given to the next driver')).toBeVisible();
  await second.getByRole('button', { name: 'Take it' }).click();

  await second.getByRole('button', { name: 'I have the pizza' }).click();
  await expect(second.getByText('Via Uno 1')).toBeVisible();
  await expect(customer.getByRole('heading', { level: 1 })).toHaveText('On the way to you');
  await second.context().setGeolocation(pointOf(half(HALFWAY.lat, DOOR.lat), HALFWAY.lon));
  const away = customer.getByText(/from your door, as the crow flies/);
  await expect(away).toBeVisible();
  await second.context().setGeolocation(pointOf(DOOR.lat, DOOR.lon));
  await expect(away).toContainText('less than 50 m');

  await second.getByRole('button', { name: 'Delivered' }).click();
  await expect(customer.getByRole('heading', { level: 1 })).toHaveText(/^Delivered at \d\d:\d\d$/);
  await expect(second.getByRole('button', { name: 'Delivered' })).toHaveCount(0);
  await api.hasStatus(orderId, 'delivered');
  await booksAreRight(api, restaurant);
});

const driverId = (name: string) => `${name}-${Math.random().toString(36).slice(2, 8)}`;

const pointOf = (latitude: number, longitude: number) => ({ latitude, longitude, accuracy: 5 });

async function phone(newBrowser: NewBrowser, at: typeof DOOR): Promise<Page> {
  const geolocation = pointOf(at.lat, at.lon);
  const context = await newBrowser({ viewport: PHONE, geolocation, permissions: ['geolocation'] });
  return context.newPage();
}

async function onDuty(page: Page, driver: string): Promise<void> {
  // A driver is known as soon as the restaurant has told.
  await expect(async () => {
    await page.goto(`/drive/${driver}`);
    await expect(light(page)).toHaveText(/^live/, { timeout: 5_000 });
  }).toPass();
  await page.getByRole('button', { name: 'Go on duty' }).click();
  await expect(page.getByText(/Sent \d+ s ago/)).toBeVisible();
}

/** The seconds count down, by the server's clock. */
async function ringEmpties(page: Page): Promise<void> {
  const seconds = page.locator('.ring strong');
  const before = Number(await seconds.innerText());
  await expect.poll(async () => Number(await seconds.innerText())).toBeLessThan(before);
}

/** To the cent and to the gram. */
async function booksAreRight(api: Api, restaurant: string): Promise<void> {
  const revenue = async () =>
    (await api.get(`/api/restaurants/${restaurant}/metrics`)).lastDay.revenueCents as number;
  await expect.poll(revenue).toBe(890);
  const { stock } = await api.get(`/api/inventory/${restaurant}`);
  type Line = { ingredient: string; onHand: number; reserved: number };
  const dough = (stock as Line[]).find(({ ingredient }) => ingredient === 'dough');
  expect(dough).toMatchObject({ onHand: 999, reserved: 0 });
}
