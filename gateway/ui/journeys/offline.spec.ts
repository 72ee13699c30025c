/** The kitchen's network is cut, and cooks go on. */

import type { Page } from '@playwright/test';
import { cutTest as test, expect, TABLET } from './support/journey';
import { card, keepSilent, lane, light, openKitchen, step } from './support/pages';
import { within } from './support/figures';
import type { Api } from './support/api';

test.use({ viewport: TABLET });

/** How many cooks tap, and how many events happen meanwhile. */
const TAPS = 20;
const EVENTS = 200;

test('taps without a network are kept, sent once each and in order', async ({
  page,
  context,
  network,
  api,
}) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const orders = await ordered(api, restaurant, 3);
  const sent = commands(page);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  await expect(lane(page, 'To make').getByRole('article')).toHaveCount(orders.length);

  await network.cut(context);
  await expect(light(page)).toHaveText('offline');
  for (const orderId of orders) {
    await step(card(page, orderId)).click();
    await expect(card(page, orderId)).toContainText(/Undo|Kept/);
  }
  await expect(page.getByText(/3 taps (are )?kept/)).toBeVisible();
  await expect(page.getByText(/No connection for \d+ s\.\s+What you see is from/)).toBeVisible();
  // Never drawn as done.
  await expect(lane(page, 'Being made').getByRole('article')).toHaveCount(0);
  // Meanwhile somebody else began one of them, and another one is not made any more.
  const [first = '', second = '', third = ''] = orders;
  await api.status(first, 'preparing');
  await api.tell('POST', `/api/orders/${second}/cancel`, { reason: 'no appetite' });

  await network.mend(context);
  await expect(light(page)).toHaveText(/^live/);
  for (const orderId of [first, third]) {
    await expect(card(lane(page, 'Being made'), orderId)).toHaveCount(1);
  }
  await expect(page.getByText(/Start for .{4} was not done\./)).toHaveCount(1);
  await expect(card(page, second)).toHaveCount(0);
  expect([...new Set(sent.map(({ orderId }) => orderId))]).toEqual(orders);
  for (const orderId of orders) {
    const keys = sent.filter((one) => one.orderId === orderId).map(({ key }) => key);
    expect(new Set(keys).size, 'keys of one tap').toBe(1);
  }
});

test('taps outlive the page, and are sent once by the next one', async ({
  page,
  context,
  network,
  api,
}) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const [orderId = ''] = await ordered(api, restaurant, 1);
  const sent = commands(page);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  await network.cut(context);
  await step(card(page, orderId)).click();
  await expect(page.getByText(/1 tap (is )?kept/)).toBeVisible();
  await page.goto('about:blank');
  expect(sent).toEqual([]);
  await network.mend(context);
  await openKitchen(page, restaurant);
  await api.hasStatus(orderId, 'preparing');
  await expect(card(lane(page, 'Being made'), orderId)).toHaveCount(1);
  await expect.poll(() => sent.length).toBe(1);
});

test(`${EVENTS} events and ${TAPS} taps are caught up with at once`, async ({
  page,
  context,
  network,
  api,
}) => {
  test.setTimeout(180_000);
  await within(
    `offline: ${EVENTS} events and ${TAPS} taps, until all are there`,
    2_000,
    'ms',
    async () => {
      const restaurant = await api.restaurant({ chefs: 0 });
      const orders = await ordered(api, restaurant, TAPS);
      await openKitchen(page, restaurant);
      const silent = page.getByRole('button', { name: 'Keep it silent' });
      if (await silent.isVisible()) await silent.click();
      await expect(lane(page, 'To make').getByRole('article')).toHaveCount(TAPS);
      const { position } = await api.get(`/api/kitchen/${restaurant}/display`);

      await network.cut(context);
      await expect(light(page)).toHaveText('offline');
      for (const orderId of orders) await step(card(page, orderId)).click();
      await expect(page.getByText(new RegExp(`${TAPS} taps (are )?kept`))).toBeVisible();
      await happen(api, restaurant, position as number);

      const begun = Date.now();
      await network.mend(context);
      const made = lane(page, 'Being made').getByRole('article');
      await expect(made).toHaveCount(TAPS, { timeout: 30_000 });
      await expect(light(page)).toHaveText(/^live/);
      const took = Date.now() - begun;
      const { queue } = await api.get(`/api/kitchen/${restaurant}/display`);
      await expect(lane(page, 'To make').getByRole('article')).toHaveCount(queue.length);
      return took;
    },
  );
});

async function ordered(api: Api, restaurant: string, count: number): Promise<string[]> {
  const orders: string[] = [];
  for (let n = 0; n < count; n++) orders.push((await api.order(restaurant)).orderId as string);
  await api.isInKitchen(restaurant, orders);
  return orders;
}

/** What the page has sent to the server about orders, as it was sent. */
function commands(page: Page): { orderId: string; key: string }[] {
  const sent: { orderId: string; key: string }[] = [];
  page.on('request', (request) => {
    const orderId = /orders\/([^/]+)\/status$/.exec(new URL(request.url()).pathname)?.[1];
    if (!orderId) return;
    sent.push({ orderId, key: request.headers()['idempotency-key'] ?? '' });
  });
  return sent;
}

/** So many events in the kitchen: orders that come and go through it. */
async function happen(api: Api, restaurant: string, from: number): Promise<void> {
  const position = async () =>
    ((await api.get(`/api/kitchen/${restaurant}/display`)).position as number) - from;
  while ((await position()) < EVENTS) {
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { orderId } = await api.order(restaurant);
        for (const status of ['preparing', 'baking', 'ready']) await api.status(orderId, status);
      }),
    );
  }
}
