/** Ordering, cooking and managing without a pointer. */

import { randomBytes } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import { DESKTOP, expect, TABLET, test } from './support/journey';
import { card, keepSilent, lane, light, openKitchen, step } from './support/pages';

test.use({ viewport: TABLET });

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await isSeen(wanted);
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`80 presses of Tab do not lead to ${wanted.toString()}`);
}

/** The ring is there, and is under nothing. */
async function isSeen(focused: Locator): Promise<void> {
  const how = await focused.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { left, top, width, height } = element.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    return { outlineStyle, outlineWidth, isOnTop: above !== null && element.contains(above) };
  });
  expect(how).toEqual({ outlineStyle: 'solid', outlineWidth: '3px', isOnTop: true });
}

test('ordering by keyboard alone', async ({ page, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  await page.goto('/');
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.goto(`/order/${restaurant}`);
  await page.getByRole('heading', { name: 'Your order' }).waitFor();

  await tabTo(page, page.getByRole('button', { name: 'One Margherita more', exact: true }));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await tabTo(page, page.getByLabel('Your name'));
  await page.keyboard.type('Ada');
  await tabTo(page, page.getByLabel('Where to'));
  await page.keyboard.type('Via Toledo 12');
  await tabTo(page, page.getByRole('button', { name: 'Choose on the map' }));
  await page.keyboard.press('Enter');
  await page.getByLabel(/Map on which you choose your door/).waitFor();
  // Tab leaves the map at once.
  await tabTo(page, page.getByRole('button', { name: /^Order ·/ }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/track/*');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The kitchen has your order');
  await expect(page.locator('main'), 'the new page has the focus').toBeFocused();

  const cancel = page.getByRole('button', { name: 'Cancel the order' });
  await tabTo(page, cancel);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(cancel, 'the focus returns to where it came from').toBeFocused();
});

test('cooking by keyboard alone', async ({ page, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const { orderId } = await api.order(restaurant);
  const other = (await api.order(restaurant)).orderId as string;
  await api.isInKitchen(restaurant, [orderId, other]);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  const ticket = card(page, orderId);
  await expect(step(ticket)).toHaveText(/^Start/);

  // The second card, and back again.
  await page.keyboard.press('2');
  await expect(step(card(page, other))).toContainText('Undo');
  await page.keyboard.press('u');
  await expect(step(card(page, other))).not.toHaveText(/Undo|Taking it back/);
  await expect(card(lane(page, 'To make'), other)).toHaveCount(1);
  await api.tell('POST', `/api/orders/${other}/cancel`, { reason: 'no appetite' });
  await expect(card(page, other)).toHaveCount(0);
  await tabTo(page, step(ticket));
  await page.keyboard.press('Enter');
  await expect(card(lane(page, 'Being made'), orderId)).toBeVisible();
  await expect(step(ticket), 'the focus goes with its card').toBeFocused();
  await expect(step(ticket)).toHaveText(/^In the oven/);
  await page.keyboard.press('Enter');
  await expect(card(lane(page, 'In the oven'), orderId)).toBeVisible();

  const more = ticket.getByRole('button', { name: /^More for order/ });
  await tabTo(page, more);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();
  await page.keyboard.press('r');
  await expect(page.getByRole('dialog')).toContainText('The last cards that left');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Keys');
});

test('managing by keyboard alone', async ({ page, api }) => {
  const driver = `free-${randomBytes(3).toString('hex')}`;
  const restaurant = await api.restaurant({ chefs: 0, drivers: [driver], stock: { basil: 4 } });
  const thresholds = [{ ingredient: 'basil', quantity: 30 }];
  await api.tell('PUT', `/api/inventory/${restaurant}/thresholds`, { thresholds });
  const pizza = { pizzaType: 'Marinara' };
  const order = async (customerName: string) =>
    (await api.order(restaurant, { ...pizza, customerName })).orderId as string;
  const [ready, waiting] = [await order('Ada Lovelace'), await order('Bob')];
  await api.toCounter(ready);
  await page.setViewportSize(DESKTOP);
  await page.goto(`/manager/${restaurant}`);
  await expect(light(page)).toHaveText(/^live/);
  const cardOf = (orderId: string) => page.locator(`[data-order="${orderId}"]`);
  await expect(cardOf(ready)).toBeVisible();
  await expect(cardOf(waiting)).toBeVisible();

  // Tab leads to the board once, and arrows from card to card.
  await tabTo(page, page.getByRole('searchbox', { name: 'Find an order' }));
  await page.keyboard.type('lovelace');
  await expect(page.getByText(waiting.slice(-4))).toHaveCount(0);
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Backspace');
  await expect(cardOf(waiting)).toBeVisible();
  await tabTo(page, cardOf(waiting));
  await page.keyboard.press('ArrowRight');
  await expect(cardOf(ready)).toBeFocused();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: `Order ${ready.slice(-4)}` });
  await expect(panel.getByRole('heading', { level: 2 })).toBeFocused();
  const address = page.url();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(cardOf(ready), 'the focus returns to where it came from').toBeFocused();

  // By its address it is open at once.
  await api.onDuty(driver, restaurant);
  await page.goto(address);
  await expect(panel.getByRole('heading', { level: 2 })).toBeFocused();
  await tabTo(page, panel.getByRole('button', { name: `Assign ${driver}` }));
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await api.get(`/api/orders/${ready}`)).driverId).toBe(driver);
  await page.keyboard.press('Escape');
  await expect(cardOf(ready), 'its card is where one goes on').toBeFocused();

  await page.keyboard.press('ArrowLeft');
  await expect(cardOf(waiting)).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: 'Cancel the order' }));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await tabTo(page, dialog.getByRole('button', { name: 'Cancel the order' }));
  await page.keyboard.press('Enter');
  await api.hasStatus(waiting, 'cancelled');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary')).toHaveCount(0);

  const needs = page.getByRole('region', { name: /^Needs you/ });
  await tabTo(page, needs.getByRole('button', { name: 'Restock 50 basil' }));
  await page.keyboard.press('Enter');
  await expect(needs).not.toContainText('Low on basil', { timeout: 30_000 });

  for (const [now, sure, then] of [
    ['Close', 'Close it', 'Open'],
    ['Open', 'Open it', 'Close'],
  ] as const) {
    await tabTo(page, page.getByRole('button', { name: now, exact: true }));
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByRole('button', { name: sure }));
    await page.keyboard.press('Enter');
    const other = page.getByRole('button', { name: then, exact: true });
    await expect(other).toBeVisible();
    await expect(other, 'the focus returns to where it came from').toBeFocused();
  }
});
