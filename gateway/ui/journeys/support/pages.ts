/** What is found on the screens. */

import { expect, type Locator, type Page } from '@playwright/test';

/** Of the order that a page follows. */
export function orderIdIn(page: Page): string {
  const id = new URL(page.url()).pathname.split('/').at(-1);
  return decodeURIComponent(id ?? '');
}

export type LaneName = 'To make' | 'Being made' | 'In the oven' | 'Ready';

export function lane(page: Page, name: LaneName): Locator {
  return page.getByRole('region', { name: new RegExp(`^${name} `) });
}

/** The card of an order, in whatever lane it is; not the room that is kept where it was. */
export function card(within: Page | Locator, orderId: string): Locator {
  return within.locator('li:not([inert]) > article').filter({ has: heading(within, orderId) });
}

function heading(within: Page | Locator, orderId: string): Locator {
  const page = 'page' in within ? within.page() : within;
  return page.locator(`h3[title="${orderId}"]`);
}

/** The one big button of a card. */
export function step(card: Locator): Locator {
  return card.locator('button.step');
}

/** The light with its word in the bar. */
export function light(page: Page): Locator {
  return page.locator('header .light .word');
}

export async function openKitchen(page: Page, restaurantId: string): Promise<void> {
  await page.goto(`/kitchen/${restaurantId}`);
  await expect(light(page)).toHaveText(/^live/);
}

/** The bar that asks for a first tap is in no journey's way. */
export async function keepSilent(page: Page): Promise<void> {
  const silent = page.getByRole('button', { name: 'Keep it silent' });
  await silent.click();
  await expect(silent).toHaveCount(0);
}
