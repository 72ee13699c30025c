/** The manager: what needs somebody, and the one action that helps. */

import type { Page } from '@playwright/test';
import { expect, test } from './support/journey';
import { light } from './support/pages';

const short = (orderId: string) => orderId.slice(-4);

async function open(page: Page, restaurant: string): Promise<void> {
  await page.goto(`/manager/${restaurant}`);
  await expect(light(page)).toHaveText(/^live/);
}

const column = (page: Page, title: string) =>
  page.getByRole('region', { name: new RegExp(`^${title} `) });

test('an order is found, opened by its address, given a driver, and another one cancelled', async ({
  page,
  api,
}) => {
  const driver = `free-${Math.random().toString(36).slice(2, 8)}`;
  const restaurant = await api.restaurant({ chefs: 0, drivers: [driver] });
  const ready = (await api.order(restaurant, { customerName: 'Ada Lovelace' })).orderId as string;
  const waiting = (await api.order(restaurant, { customerName: 'Bob' })).orderId as string;
  for (const status of ['preparing', 'baking', 'ready']) await api.status(ready, status);
  await open(page, restaurant);
  await expect(column(page, 'Ready')).toContainText(short(ready));
  await expect(column(page, 'New')).toContainText(short(waiting));

  // What filters is in the address.
  const search = page.getByRole('searchbox', { name: 'Find an order' });
  await search.fill('lovelace');
  await expect(page.getByRole('link', { name: new RegExp(short(ready)) }).first()).toBeVisible();
  await expect(page.getByText(short(waiting))).toHaveCount(0);
  expect(new URL(page.url()).searchParams.get('q')).toBe('lovelace');
  await search.fill('');

  await column(page, 'Ready')
    .getByRole('link', { name: new RegExp(short(ready)) })
    .click();
  const panel = page.getByRole('complementary', { name: `Order ${short(ready)}` });
  await expect(panel).toContainText('Ada Lovelace');
  const address = page.url();
  await page.goBack();
  await expect(panel).toHaveCount(0);
  await page.goForward();
  await expect(panel).toBeVisible();
  await page.goto(address);
  await expect(panel).toContainText('Via Uno 1');

  const status = () => api.get(`/api/drivers/${driver}/status`);
  await expect.poll(async () => (await status()).restaurantId).toBe(restaurant);
  await api.tell('PUT', `/api/drivers/${driver}/status`, { status: 'available' });
  await panel.getByRole('button', { name: `Assign ${driver}` }).click();
  await expect.poll(async () => (await api.get(`/api/orders/${ready}`)).driverId).toBe(driver);
  await expect(panel).toContainText(driver);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);

  await column(page, 'New')
    .getByRole('link', { name: new RegExp(short(waiting)) })
    .click();
  await page.getByRole('button', { name: 'Cancel the order' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('8.90 €');
  await dialog.getByRole('button', { name: 'Cancel the order' }).click();
  await api.hasStatus(waiting, 'cancelled');
  await expect(column(page, 'New')).not.toContainText(short(waiting));
});

test('an alert about stock goes away when there is some', async ({ page, api }) => {
  const restaurant = await api.restaurant({ stock: { basil: 4 } });
  const thresholds = [{ ingredient: 'basil', quantity: 30 }];
  await api.tell('PUT', `/api/inventory/${restaurant}/thresholds`, { thresholds });
  await open(page, restaurant);
  const needs = page.getByRole('region', { name: /^Needs you/ });
  await expect(needs).toContainText('Low on basil');
  await needs.getByRole('button', { name: 'Restock 50 basil' }).click();
  await expect(needs).toContainText('Nothing needs you.', { timeout: 30_000 });
  await page.goto(`/manager/${restaurant}#stock`);
  const basil = page.getByRole('listitem').filter({ hasText: 'basil' }).first();
  await expect(basil).toContainText('54 on hand');
});

test('closed and opened again, and on to another restaurant and back', async ({ page, api }) => {
  const restaurant = await api.restaurant();
  const other = await api.restaurant();
  await open(page, restaurant);
  const isOpen = async () =>
    (await api.get(`/api/restaurants/${restaurant}`)).profile.open as boolean;
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close it' }).click();
  await expect(page.getByRole('button', { name: 'Open', exact: true })).toBeVisible();
  expect(await isOpen()).toBe(false);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('button', { name: 'Close', exact: true })).toBeVisible();
  expect(await isOpen()).toBe(true);

  await page.getByRole('button', { name: new RegExp(`^${restaurant}`, 'i') }).click();
  await page.getByRole('searchbox', { name: 'Find a restaurant' }).fill(other);
  await page.getByRole('link', { name: new RegExp(other, 'i') }).click();
  await page.waitForURL(`**/manager/${other}`);
  await expect(light(page)).toHaveText(/^live/);
  await page.goBack();
  await page.waitForURL(`**/manager/${restaurant}`);
  await expect(light(page)).toHaveText(/^live/);
});
