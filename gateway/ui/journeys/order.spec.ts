/** Ordering: a customer, their basket, and what the kitchen answers. */

import { expect, lockedTest, PHONE, test } from './support/journey';
import { checkOut, fill, plus, sendOrder } from './support/ordering';
import { orderIdIn } from './support/pages';
import type { Page } from '@playwright/test';

test.use({ viewport: PHONE });
// As high as it is within a browser: the checkout is further down.
lockedTest.use({ viewport: { width: PHONE.width, height: 600 } });

const ADDRESS = 'Via Toledo 12, third floor';

lockedTest(
  'a customer orders, and passes the link on',
  async ({ page, context, api, newBrowser }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const restaurant = await api.restaurant({ chefs: 0 });
    await signIn(page, api.program.tokens.get('customer') ?? '', `/order/${restaurant}`);

    await plus(page, 'Margherita');
    await plus(page, 'Funghi');
    await page.getByRole('link', { name: /2 pizzas · 19\.30\s€ · Continue/ }).click();
    await page.getByLabel('Where to').fill(ADDRESS);
    await chooseDoor(page);
    await sendOrder(page, /19\.30\s€/);

    await expect(page.getByRole('heading', { level: 1 })).toHaveText('The kitchen has your order');
    await expect(page.getByRole('listitem').filter({ hasText: 'Received, now' })).toBeVisible();
    await page.getByRole('button', { name: 'Copy the link' }).click();
    await expect(page.getByText('Copied.')).toBeVisible();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(new URL(page.url()).hash, 'the key does not stay in the address').toBe('');

    // Another phone, on which nobody is anybody.
    const other = await (await newBrowser()).newPage();
    await other.goto(link);
    await expect(other.getByRole('heading', { level: 1 })).toHaveText('The kitchen has your order');
    await expect(other.getByText(ADDRESS)).toBeVisible();
    await expect(other.getByText('19.30 €')).toBeVisible();
    await expect(other.getByText('1 × Funghi')).toBeVisible();
    expect(other.url(), 'the key is hidden there, too').not.toContain('key=');

    // Without the key the number alone opens nothing.
    const stranger = await (await newBrowser()).newPage();
    await stranger.goto(`/track/${orderIdIn(page)}`);
    await expect(stranger.getByText('This order may not be seen here')).toBeVisible();
  },
);

test('what is missing is said when the button is pressed, at its field', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  await page.goto(`/order/${restaurant}`);
  await plus(page, 'Margherita');
  await page.getByRole('button', { name: /^Order ·/ }).click();
  const name = page.getByLabel('Your name');
  await expect(name).toBeFocused();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toHaveAccessibleDescription(/Say who you are/);
  await name.fill('Ada');
  await page.getByRole('button', { name: /^Order ·/ }).click();
  await expect(page.getByLabel('Where to')).toBeFocused();
});

test('what cannot be made is replaced by one tap, and it is one order', async ({ page, api }) => {
  const restaurant = await api.restaurant({ stock: { basil: 2 } });
  await page.goto(`/order/${restaurant}`);
  await plus(page, 'Margherita', 2);
  await fill(page, { name: 'Ada', address: ADDRESS });
  // Somebody was quicker.
  await api.order(restaurant);
  await page.getByRole('button', { name: /^Order ·/ }).click();

  const refusal = page.getByRole('alert');
  await expect(refusal).toContainText('Margherita cannot be made now: not enough basil.');
  await expect(refusal).toBeInViewport();
  await refusal.getByRole('button', { name: 'Funghi instead' }).click();
  await expect(page.getByRole('group', { name: 'Funghi in the basket' })).toContainText('2');
  await sendOrder(page, /20\.80\s€/);

  await expect(page.getByText('2 × Funghi')).toBeVisible();
  const orders = await api.get(`/api/restaurants/${restaurant}/orders`);
  type Line = { customerId: string; status: string };
  const byAda = (orders.orders as Line[]).filter(({ customerId }) => customerId === 'Ada');
  // What was refused is remembered as refused.
  expect(byAda.map(({ status }) => status).sort()).toEqual([
    expect.not.stringMatching(/^rejected/),
    'rejected',
  ]);
});

test('an answer that is lost is asked for again, and it is one order', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  await page.goto(`/order/${restaurant}`);
  await plus(page, 'Margherita');
  await fill(page, { name: 'Ada', address: ADDRESS });
  const keys: (string | undefined)[] = [];
  let isLost = false;
  await page.route('**/api/orders', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (isLost) return route.continue();
    isLost = true;
    // It arrives, and nobody hears of it.
    await route.fetch();
    await route.abort('connectionreset');
  });
  await sendOrder(page, /8\.90\s€/);
  expect(keys).toHaveLength(2);
  expect(keys[1]).toBe(keys[0]);
  const orders = await api.get(`/api/restaurants/${restaurant}/orders`);
  expect(orders.orders).toHaveLength(1);
});

test('the basket outlives a reload, and Back leads to the menu', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  await page.goto(`/order/${restaurant}`);
  await plus(page, 'Marinara', 3);
  await page.reload();
  const basket = page.getByRole('group', { name: 'Marinara in the basket' });
  await expect(basket).toContainText('3');
  await checkOut(page, { name: 'Ada', address: ADDRESS });
  await page.goBack();
  await expect(page.getByRole('heading', { name: restaurant })).toBeVisible();
  await expect(page.getByText('Nothing yet.')).toBeVisible();
});

test('closed is said, and the basket stays', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  await page.goto(`/order/${restaurant}`);
  await plus(page, 'Margherita');
  await fill(page, { name: 'Ada', address: ADDRESS });
  await api.tell('POST', `/api/actors/restaurant/${restaurant}/set-open`, [false]);
  await page.getByRole('button', { name: /^Order ·/ }).click();
  await expect(page.getByRole('alert')).toContainText('is closed');
  await page.reload();
  await expect(page.getByText(/is closed now/)).toBeVisible();
  await expect(page.getByRole('group', { name: 'Margherita in the basket' })).toContainText('1');
});

async function signIn(page: Page, token: string, to: string): Promise<void> {
  await page.goto(`/sign-in?from=${encodeURIComponent(to)}`);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${to}`);
}

async function chooseDoor(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Choose on the map' }).click();
  const map = page.getByLabel(/Map on which you choose your door/);
  await map.click({ position: { x: 120, y: 90 } });
  await expect(page.getByText(/Your door is at 40\.\d{5}, 14\.\d{5}/)).toBeVisible();
  await page.getByRole('button', { name: 'Close the map' }).click();
}
