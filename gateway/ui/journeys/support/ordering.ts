/** What a customer does on the order page. */

import type { Page } from '@playwright/test';

export async function plus(page: Page, pizza: string, times = 1): Promise<void> {
  const more = page.getByRole('button', { name: `One ${pizza} more`, exact: true });
  for (let time = 0; time < times; time++) await more.click();
}

export async function fill(
  page: Page,
  { name, address, note }: { name: string; address: string; note?: string },
): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Where to').fill(address);
  if (note) await page.getByLabel(/For the kitchen or the driver/).fill(note);
}

/** Presses the one button, and is where the order can be followed. */
export async function sendOrder(page: Page, total = /€/): Promise<void> {
  await page
    .getByRole('button', { name: /^Order ·/ })
    .filter({ hasText: total })
    .click();
  await page.waitForURL('**/track/*');
}

export async function checkOut(page: Page, who: { name: string; address: string }): Promise<void> {
  await fill(page, who);
  await sendOrder(page);
}
