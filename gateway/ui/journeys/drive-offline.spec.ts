/** A driver's phone loses the network, its page is loaded anew without one, and the ride goes on. */

import type { Page } from '@playwright/test';
import { CENTRE, type Api } from './support/api';
import { cutTest as test, expect, PHONE } from './support/journey';
import { light } from './support/pages';

const DOOR = { lat: 40.8561, lon: 14.2745 };
const at = ({ lat, lon }: typeof DOOR) => ({ latitude: lat, longitude: lon, accuracy: 5 });

test.use({ viewport: PHONE, geolocation: at(CENTRE), permissions: ['geolocation'] });

test('a page that is reloaded without a network knows the way, and keeps what was tapped', async ({
  page,
  context,
  network,
  api,
}) => {
  test.setTimeout(180_000);
  const { driver, orderId } = await carrying(page, api);
  const sent = commands(page);
  // The whole page has to be there before the network goes, and the order with its door.
  await expect(page.getByText(/1 pizza · order/)).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await network.cut(context);
  await expect(light(page)).toHaveText('offline');
  await page.getByRole('button', { name: 'I have the pizza' }).click();
  // The pizza does not wait for the network: the door is what comes next.
  await expect(page.getByRole('heading', { level: 1 })).toContainText('To the door');
  await expect(page.getByText('Kept, not sent yet: “I have the pizza”.')).toBeVisible();

  await page.reload();
  await expect(page.getByText('Via Uno 1')).toBeVisible();
  await expect(page.getByText(/What you see is from \d\d:\d\d:\d\d/)).toBeVisible();
  await expect(page.getByText('Kept, not sent yet: “I have the pizza”.')).toBeVisible();
  for (const share of [0.4, 0.7, 1]) await driveTo(page, share);
  await page.getByRole('button', { name: 'Delivered' }).click();
  await expect(
    page.getByText('Kept, not sent yet: “I have the pizza”, “Delivered”.'),
  ).toBeVisible();
  await expect(page.getByText(/Kept: \d+/)).toBeVisible();
  await page.reload();
  await expect(
    page.getByText('Kept, not sent yet: “I have the pizza”, “Delivered”.'),
  ).toBeVisible();
  expect(sent).toEqual([]);

  await network.mend(context);
  await expect(light(page)).toHaveText(/^live/);
  await api.hasStatus(orderId, 'delivered');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('On duty');
  await expect(page.getByText(/Kept, not sent/)).toHaveCount(0);
  const actions = sent.filter(({ action }) => action !== 'location').map(({ action }) => action);
  expect([...new Set(actions)]).toEqual(['picked-up', 'delivered']);
  for (const action of actions) {
    const keys = sent.filter((one) => one.action === action).map(({ key }) => key);
    expect(new Set(keys).size, `keys of ${action}`).toBe(1);
  }
  // Where the driver was meanwhile is told once, the oldest first.
  const positions = sent.flatMap(({ times }) => times);
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
  expect(positions.length).toBeGreaterThan(2);
  const { location } = await api.get(`/api/drivers/${driver}/status`);
  expect(location).toMatchObject(DOOR);
});

test('what the server refuses of it is told, until somebody has read it', async ({
  page,
  context,
  network,
  api,
}) => {
  const { driver, restaurant } = await carrying(page, api);
  await network.cut(context);
  await page.getByRole('button', { name: 'I have the pizza' }).click();
  await expect(page.getByText('Kept, not sent yet: “I have the pizza”.')).toBeVisible();
  // Meanwhile the order is taken from whoever cannot be heard of, and somebody gives them the next one.
  await api.tell('POST', `/api/drivers/${driver}/cannot-deliver`, { reason: 'vehicle' });
  await api.tell('PUT', `/api/drivers/${driver}/status`, { status: 'available' });
  const { orderId } = await ready(api, restaurant);
  await api.tell('POST', `/api/orders/${orderId}/assign-driver`, { driverId: driver });
  await expect
    .poll(async () => (await api.get(`/api/drivers/${driver}/status`)).orderId)
    .toBe(orderId);

  await network.mend(context);
  await expect(light(page)).toHaveText(/^live/);
  const refusal = page.getByRole('alert').getByRole('listitem');
  await expect(refusal).toContainText(/“I have the pizza” for .{4}\s+was not done\./);
  await api.hasStatus(orderId, 'ready');
  await refusal.getByRole('button', { name: 'OK' }).click();
  await expect(refusal).toHaveCount(0);
});

/** An order that waits for a driver. */
async function ready(api: Api, restaurant: string): Promise<{ orderId: string }> {
  const { orderId } = await api.order(restaurant, { deliveryLocation: DOOR });
  await api.toCounter(orderId);
  return { orderId };
}

/** A driver who has taken an order that is ready. */
async function carrying(page: Page, api: Api) {
  const driver = `alone-${Math.random().toString(36).slice(2, 8)}`;
  const restaurant = await api.restaurant({ chefs: 0, drivers: [driver] });
  // A driver is known as soon as the restaurant has told.
  await expect(async () => {
    await page.goto(`/drive/${driver}`);
    await expect(light(page)).toHaveText(/^live/, { timeout: 5_000 });
  }).toPass();
  await page.getByRole('button', { name: 'Go on duty' }).click();
  await expect(page.getByText(/Sent \d+ s ago/)).toBeVisible();
  const { orderId } = await ready(api, restaurant);
  await page.getByRole('button', { name: 'Take it' }).click();
  await expect(page.getByRole('button', { name: 'I have the pizza' })).toBeEnabled();
  return { driver, orderId, restaurant };
}

/** So far from the restaurant to the door, and the page has seen it. */
async function driveTo(page: Page, share: number): Promise<void> {
  const kept = page.getByText(/Kept: \d+/);
  const count = async () => Number((await kept.innerText()).replace(/\D+(\d+).*/s, '$1'));
  const before = (await kept.isVisible()) ? await count() : 0;
  await page.context().setGeolocation(
    at({
      lat: CENTRE.lat + (DOOR.lat - CENTRE.lat) * share,
      lon: CENTRE.lon + (DOOR.lon - CENTRE.lon) * share,
    }),
  );
  await expect
    .poll(async () => ((await kept.isVisible()) ? await count() : 0))
    .toBeGreaterThan(before);
}

interface Sent {
  action: string;
  key: string;
  /** Of the positions in it. */
  times: number[];
}

/** What has come to the server of what the page says of its driver, in its order. */
function commands(page: Page): Sent[] {
  const sent: Sent[] = [];
  page.on('response', (response) => {
    const request = response.request();
    const action = /^\/api\/drivers\/[^/]+\/([^/]+)$/.exec(new URL(request.url()).pathname)?.[1];
    if (!action || request.method() !== 'POST') return;
    const body: unknown = request.postDataJSON();
    const times = Array.isArray(body)
      ? body.map(({ timestamp }: { timestamp: number }) => timestamp)
      : [];
    sent.push({ action, key: request.headers()['idempotency-key'] ?? '', times });
  });
  return sent;
}
