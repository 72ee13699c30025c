/** A tablet on a wall whose clock is an hour wrong: what it says of times is right all the same. */

import type { BrowserContext, Page } from '@playwright/test';
import { expect, TABLET, test } from './support/journey';
import { card, light, openKitchen } from './support/pages';

test.use({ viewport: TABLET });

const HOUR_MS = 3_600_000;

for (const [words, wrongBy] of [
  ['an hour slow', -HOUR_MS],
  ['an hour fast', HOUR_MS],
] as const) {
  test(`ages and promises are right where the clock is ${words}`, async ({
    page,
    context,
    api,
    newBrowser,
  }) => {
    await isWrongBy(context, wrongBy);
    const restaurant = await api.restaurant();
    await openKitchen(page, restaurant);
    expect(await page.evaluate(() => Date.now()), 'the clock of the page').not.toBeCloseTo(
      Date.now(),
      -6,
    );
    const order = await api.order(restaurant);
    const ticket = card(page, order.orderId);
    const age = ticket.locator('time.age');
    await expect(age).toHaveText(/^0:[0-2]\d$/);
    await expect(ticket).toContainText(/in time · \d+ (min|s) left/);
    await expect(page.getByText(/[1-9]\d* late/)).toHaveCount(0);
    await isRomeNow(page);

    // The same sentences as on a machine that is right.
    const right = await (await newBrowser()).newPage();
    await right.goto(`/track/${order.orderId}`);
    await page.goto(`/track/${order.orderId}`);
    for (const screen of [right, page]) await expect(light(screen)).toHaveText(/live/);
    const steps = (screen: Page) => screen.getByRole('list', { name: 'Steps' });
    await expect(steps(page)).toContainText(/Received, now|Being made, now/);
    await expect(right.locator('.arrival .main')).toHaveText(/\d/);
    const arrival = await right.locator('.arrival .main').innerText();
    await expect(page.locator('.arrival .main')).toHaveText(arrival);
    await isRomeNow(page);
  });
}

test('planted: a page that believes its own clock is found out', async ({ page, context }) => {
  await isWrongBy(context, HOUR_MS);
  await page.goto('/');
  // What the bar would say if it asked the machine.
  const believed = await page.evaluate(() =>
    new Date().toLocaleTimeString('en-GB', { timeZone: 'Europe/Rome' }).slice(0, 5),
  );
  expect(nearRomeNow(believed)).toBe(false);
});

async function isWrongBy(context: BrowserContext, ms: number): Promise<void> {
  await context.addInitScript((wrongBy) => {
    const Right = Date;
    class Wrong extends Right {
      constructor(...given: []) {
        if (given.length === 0) super(Right.now() + wrongBy);
        else super(...given);
      }
      static override now() {
        return Right.now() + wrongBy;
      }
    }
    globalThis.Date = Wrong as DateConstructor;
  }, ms);
}

async function isRomeNow(page: Page): Promise<void> {
  const shown = await page.locator('header time.clock').innerText();
  expect(nearRomeNow(shown), `the bar says ${shown}`).toBe(true);
}

/** Within a minute, since one may begin in between. */
function nearRomeNow(shown: string): boolean {
  const at = (ms: number) =>
    new Date(ms).toLocaleTimeString('en-GB', { timeZone: 'Europe/Rome' }).slice(0, 5);
  const now = Date.now();
  return [now - 60_000, now, now + 60_000].map(at).includes(shown.trim().slice(0, 5));
}
