/** The kitchen: one tap a step, and what goes wrong. */

import type { Locator, Page } from '@playwright/test';
import { expect, TABLET, test } from './support/journey';
import { card, keepSilent, lane, openKitchen, step } from './support/pages';
import { within } from './support/figures';
import type { Api } from './support/api';

test.use({ viewport: TABLET });

const short = (orderId: string) => orderId.slice(-4);

test('a cook sees an order at once', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  await openKitchen(page, restaurant);
  await within('an order, from its answer to its card', 1_000, 'ms', async () => {
    const { orderId } = await api.order(restaurant);
    const answered = Date.now();
    await card(page, orderId).waitFor();
    return Date.now() - answered;
  });
});

test('a cook takes orders through the kitchen by taps', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  const first = (await api.order(restaurant)).orderId as string;
  await api.hasStatus(first, 'preparing');
  const second = (await api.order(restaurant)).orderId as string;
  const asked = steps(page);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  // The only chef has the first.
  await expect(card(lane(page, 'Being made'), first)).toContainText('Chef 1');
  await expect(step(card(lane(page, 'To make'), second))).toHaveText(/^Start/);
  await isOneStep(page, second, asked, wetFinger);
  await through(page, [first, second], 'In the oven');
  await through(page, [first, second], 'Ready');

  for (const orderId of [first, second]) {
    await expect(lane(page, 'Ready')).toContainText(short(orderId));
    await api.hasStatus(orderId, 'ready');
    await expect(page.locator(`article h3[title="${orderId}"]`)).toHaveCount(0);
  }
  await expect(page.getByRole('list', { name: 'Chefs' })).toContainText('Chef 1 free');
  const chef = await api.tell('POST', `/api/actors/chef/${restaurant}.1/get`, []);
  expect(chef.task ?? undefined, 'what the chef has in hand').toBeUndefined();
  await isNowhereTwice(api, restaurant);
});

test('a start is taken back within five seconds, and begun again', async ({ page, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const { orderId } = await api.order(restaurant);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  await step(card(page, orderId)).click();
  // A second has passed, so that the second tap is no wet finger's.
  await expect(step(card(page, orderId))).toContainText(/Undo [1-4] s/);
  await step(card(page, orderId)).click();
  await expect(step(card(page, orderId))).not.toHaveText(/Undo|Taking it back/);
  await expect(card(lane(page, 'To make'), orderId)).toHaveCount(1);
  const { queue, active } = await api.get(`/api/kitchen/${restaurant}/display`);
  expect([queue.length, active.length]).toEqual([1, 0]);
  await expect(step(card(page, orderId))).toHaveText(/^Start/);
  // One tap may be taken for the second of a wet finger.
  await expect(async () => {
    await step(card(page, orderId)).click();
    await expect(step(card(page, orderId))).toContainText(/Undo/, { timeout: 1_000 });
  }).toPass();
  await expect(card(lane(page, 'Being made'), orderId)).toHaveCount(1);
  await through(page, [orderId], 'In the oven');
  await through(page, [orderId], 'Ready');
  await api.hasStatus(orderId, 'ready');
});

test('planted: two taps that are meant are not taken for one', async ({ page, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const { orderId } = await api.order(restaurant);
  const asked = steps(page);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  // The page believes both; then it has to be seen that it was not one step.
  await expect(isOneStep(page, orderId, asked, slowFinger)).rejects.toThrow(/put-back/);
});

test('burned again and again: made anew, and then cancelled', async ({ page, api, newBrowser }) => {
  const restaurant = await api.restaurant();
  const { orderId } = await api.order(restaurant);
  const customer = await (await newBrowser()).newPage();
  await customer.goto(`/track/${orderId}`);
  await openKitchen(page, restaurant);
  await keepSilent(page);

  // It is made anew twice.
  const reasons = ['Burned in the oven', 'Dropped', 'Something else'];
  for (const [burned, reason] of reasons.entries()) {
    await api.hasStatus(orderId, 'preparing');
    await expect(card(lane(page, 'Being made'), orderId)).toBeVisible();
    await api.status(orderId, 'baking');
    await expect(customer.getByRole('heading', { level: 1 })).toHaveText('In the oven');
    const inOven = card(lane(page, 'In the oven'), orderId);
    await inOven.getByRole('button', { name: `More for order ${short(orderId)}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: reason }).click();
    if (burned === reasons.length - 1) break;
    await expect(card(page, orderId)).toContainText('Made again');
    await expect(customer.getByText('we make it again')).toBeVisible();
  }

  await expect(customer.getByRole('heading', { level: 1 })).toHaveText('Cancelled');
  await expect(customer.getByText('You get your money back.')).toBeVisible();
  await expect(card(page, orderId)).toHaveCount(0);
  await page.getByRole('button', { name: 'Recall' }).click();
  const gone = page
    .getByRole('dialog')
    .getByRole('listitem')
    .filter({ hasText: short(orderId) });
  await expect(gone).toContainText('It was cancelled and is not made any more.');
});

test('an oven that is too hot stays on the screen until somebody has seen it', async ({
  page,
  api,
  newBrowser,
}) => {
  const restaurant = await api.restaurant();
  await openKitchen(page, restaurant);
  const other = await (await newBrowser({ viewport: TABLET })).newPage();
  await openKitchen(other, restaurant);
  const alert = ['overheat', 'oven left is at 450 °C'];
  await api.tell('POST', `/api/actors/kitchen/${restaurant}/report-alert`, alert);
  for (const screen of [page, other]) {
    await expect(screen.getByRole('alert')).toContainText('oven left is at 450 °C');
  }
  await page.getByRole('alert').getByRole('button', { name: /^Seen/ }).click();
  // On the server, for all screens of this kitchen.
  for (const screen of [page, other]) {
    await expect(screen.getByText('oven left is at 450 °C')).toHaveCount(0);
  }
});

/** What the page asks of orders, as "PUT status" or "POST put-back". */
function steps(page: Page): { orderId: string; asked: string }[] {
  const asked: { orderId: string; asked: string }[] = [];
  page.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    const found = /orders\/([^/]+)\/(status|put-back)$/.exec(path);
    if (found?.[1]) asked.push({ orderId: found[1], asked: `${request.method()} ${found[2]}` });
  });
  return asked;
}

/** Two taps on one button are one step, if they are a wet finger's. */
async function isOneStep(
  page: Page,
  orderId: string,
  asked: { orderId: string; asked: string }[],
  tapTwice: (button: Locator) => Promise<void>,
): Promise<void> {
  const before = asked.length;
  await tapTwice(step(card(page, orderId)));
  await expect.poll(() => asked.length).toBeGreaterThan(before);
  // Nothing is on its way any more.
  await expect(step(card(page, orderId))).toHaveText(/Undo \d|^Start|^In the oven/);
  const told = asked.slice(before).map(({ asked: what }) => what);
  expect(told).toEqual(['PUT status']);
}

/** Within the page, since a machine that is busy would be slower than a finger. */
function wetFinger(button: Locator): Promise<void> {
  return button.evaluate(async (element: HTMLElement) => {
    for (let tap = 0; tap < 2; tap++) {
      element.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
      element.click();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

/** The second one is meant. */
async function slowFinger(button: Locator): Promise<void> {
  await button.click();
  await expect(button).toContainText(/Undo [1-4] s/);
  await button.click();
}

/** Taps the same step on each of these, and waits until each is in its lane. */
async function through(page: Page, orderIds: string[], to: 'In the oven' | 'Ready'): Promise<void> {
  for (const orderId of orderIds) {
    const button = step(card(page, orderId));
    await expect(button).toHaveText(new RegExp(`^${to}`));
    await button.click();
  }
  for (const orderId of orderIds) {
    await expect(inLane(page, to, orderId)).toBeVisible();
  }
}

function inLane(page: Page, name: 'In the oven' | 'Ready', orderId: string): Locator {
  if (name === 'In the oven') return card(lane(page, name), orderId);
  return lane(page, name)
    .getByRole('listitem')
    .filter({ hasText: short(orderId) });
}

async function isNowhereTwice(api: Api, restaurant: string): Promise<void> {
  const { queue, active, ready } = await api.get(`/api/kitchen/${restaurant}/display`);
  const ids = [...queue, ...active, ...ready].map(({ orderId }: { orderId: string }) => orderId);
  expect(ids.length).toBe(new Set(ids).size);
  expect(queue, 'orders that wait').toEqual([]);
  expect(active, 'orders that are made').toEqual([]);
}
