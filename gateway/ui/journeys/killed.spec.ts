/** The program is killed while people look, and started again. */

import type { BrowserContext, Page } from '@playwright/test';
import { expect, PHONE, TABLET, test } from './support/journey';
import { card, keepSilent, lane, light, openKitchen, step } from './support/pages';
import { differences, heardBy, Listener, writeDown, type Heard } from './support/heard';
import { within } from './support/figures';
import type { Api } from './support/api';

/** So long nobody is there. */
const AWAY_MS = 8_000;

test('killed with five orders under way, and nothing is lost or told twice', async ({
  pizza,
  api,
  newBrowser,
}) => {
  test.setTimeout(180_000);
  const restaurant = await api.restaurant({ chefs: 2 });
  const orders = await fiveOrders(api, restaurant);

  const kitchen = await recorded(newBrowser, TABLET);
  const display = kitchen.waitForResponse('**/display');
  await openKitchen(kitchen, restaurant);
  await keepSilent(kitchen);
  const { position } = (await (await display).json()) as { position: number };
  const customers: Page[] = [];
  for (const orderId of orders) {
    const customer = await recorded(newBrowser, PHONE);
    await customer.goto(`/track/${orderId}`);
    await expect(light(customer)).toHaveText(/live/);
    customers.push(customer);
  }
  const start = await recorded(newBrowser, PHONE);
  await start.goto('/');
  await expect(light(start)).toHaveText(/live/);

  await pizza.kill();
  const killed = Date.now();
  for (const page of [kitchen, ...customers]) {
    await expect(
      page.getByText(/No connection for \d+ s\.\s+What you see is from \d\d:\d\d:\d\d\./),
    ).toBeVisible();
  }
  // What is tapped meanwhile is kept, and not drawn as done.
  const [waiting = ''] = orders.slice(-1);
  await step(card(lane(kitchen, 'To make'), waiting)).click();
  await expect(card(kitchen, waiting)).toContainText(/Kept/);
  await expect(light(start)).not.toHaveText(/live/);

  await expect.poll(() => Date.now() - killed, { timeout: AWAY_MS * 2 }).toBeGreaterThan(AWAY_MS);
  await pizza.run();
  const open = Date.now();
  await isLiveAgain([kitchen, ...customers], open);

  await expect(card(lane(kitchen, 'Being made'), waiting)).toHaveCount(1);
  await api.hasStatus(waiting, 'preparing');
  await goOn(api, orders);
  await expect(lane(kitchen, 'Ready').getByRole('listitem')).toHaveCount(orders.length);

  const told = await Listener.open(pizza, `/api/kitchen/${restaurant}/stream`, String(position));
  const ids = (heard: Heard[]) =>
    heard.flatMap(({ id, name }) => (id && name !== 'time' ? [id] : []));
  const last = async () => differences(ids(await heardBy(kitchen)), ids(told.heard));
  await expect.poll(last, { message: 'events of the kitchen' }).toEqual([]);
  expect(ids(told.heard).length).toBeGreaterThan(orders.length);
  told.close();
  for (const [index, customer] of customers.entries()) {
    await followedAll(api, customer, orders[index] ?? '');
  }
  await expect(light(start)).toHaveText(/live/);
});

test('planted: an event that is lost or told twice is found', () => {
  expect(differences(['1', '3', '3'], ['1', '2', '3'])).toEqual([
    '2: 0 times, and not 1',
    '3: 2 times, and not 1',
  ]);
});

async function recorded(
  newBrowser: (options: { viewport: typeof PHONE }) => Promise<BrowserContext>,
  viewport: typeof PHONE,
): Promise<Page> {
  const context = await newBrowser({ viewport });
  await writeDown(context);
  return context.newPage();
}

/** One in each state that a kitchen has, and two that wait. */
async function fiveOrders(api: Api, restaurant: string): Promise<string[]> {
  const orders: string[] = [];
  for (let n = 0; n < 5; n++) orders.push((await api.order(restaurant)).orderId as string);
  const [first = '', second = ''] = orders;
  await api.hasStatus(first, 'preparing');
  await api.hasStatus(second, 'preparing');
  await api.status(first, 'baking');
  return orders;
}

/** Each to the counter, as far as it is not there. */
async function goOn(api: Api, orders: string[]): Promise<void> {
  for (const orderId of orders) {
    for (const status of ['preparing', 'baking', 'ready']) {
      // A chef may have been quicker with the first of them.
      const answer = await api.ask('PUT', `/api/orders/${orderId}/status`, { status });
      expect([200, 409]).toContain(answer.status);
    }
    await api.hasStatus(orderId, 'ready');
  }
}

async function isLiveAgain(pages: Page[], open: number): Promise<void> {
  const slowest = async () => {
    const times = pages.map(async (page) => {
      // Looked at in each frame, since it is measured.
      await page.waitForFunction(
        () => document.querySelector('header .light .word')?.textContent?.startsWith('live'),
        undefined,
        { timeout: 30_000 },
      );
      return Date.now() - open;
    });
    return Math.max(...(await Promise.all(times)));
  };
  await within('killed and back, until all screens are live', 2_000, 'ms', slowest, 1);
}

/** The page shows each step that the server knows, once. */
async function followedAll(api: Api, customer: Page, orderId: string): Promise<void> {
  await expect(customer.getByRole('heading', { level: 1 })).toHaveText(/^Ready/);
  const { steps } = await api.get(`/api/orders/${orderId}/timeline`);
  const server = (steps as { version: number; to: string }[]).map((s) => `${s.version} ${s.to}`);
  // What was there at first came as a snapshot; what came by the stream must not come twice.
  const heard = (await heardBy(customer)).filter(({ name }) => name === 'status');
  const page = heard.map(({ data }) => {
    const { version, status } = JSON.parse(data) as { version: number; status: string };
    return `${version} ${status}`;
  });
  const since = server.filter((step) => page.includes(step));
  expect(differences(page, since), `steps of ${orderId}`).toEqual([]);
  expect(server.slice(-since.length), `the last steps of ${orderId}`).toEqual(since);
  await expect(customer.getByRole('listitem').filter({ hasText: 'Ready, now' })).toHaveCount(1);
}
