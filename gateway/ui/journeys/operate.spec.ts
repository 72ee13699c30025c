/** The operator: a module that is worse, one that breaks a caller, and the way back. */

import type { Locator, Page } from '@playwright/test';
import { expect, test as base } from './support/journey';
import { bundledOrder, failing, marked, only, push } from './support/modules';
import { light } from './support/pages';
import { Program } from './support/program';
import type { Api } from './support/api';

/** As many failures as it takes until a module is taken back, in whatever time a slow machine needs. */
const BORNE = 20;

const test = base.extend<object, { pizza: Program }>({
  pizza: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const config = `[silo.modules]\nrollback_turns = ${BORNE}\nrollback_window_ms = 600000`;
      const program = await Program.start({ config });
      await use(program);
      await program.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test('a module that is worse is tried, seen to be worse, and taken back by the silo', async ({
  page,
  api,
}) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  await open(page);
  const first = await serving(page);
  await push(page, failing(await bundledOrder()));
  const exactly = page.getByLabel('Exactly');
  await expect(exactly).toHaveValue('10');
  await page.getByRole('button', { name: 'Put on trial …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(first);
  await expect(dialog).toContainText('Nothing is migrated');
  await dialog.getByRole('button', { name: 'Put on trial with 10 %' }).click();
  await expect(dialog).toContainText('Done');
  await expect(dialog.getByRole('listitem')).toContainText('On trial');
  await dialog.getByRole('button', { name: 'Close' }).click();

  // Errors of both are next to each other, and those of the trial are marked.
  const [good = ''] = await orders(api, restaurant, (failed) => failed >= 3);
  const failed = row(page, 'Failed');
  await expect(failed.getByRole('cell').first()).toHaveText('0 · 0 %');
  await expect(failed.getByRole('cell').last()).toHaveText(/^[1-9]\d* · 100 %$/);
  await expect(failed.getByRole('cell').last()).toHaveClass(/bad/);
  await expect(page.getByText(/A figure of the trial that is worse is marked/)).toBeVisible();

  const audit = page.getByRole('region', { name: 'Audit log' });
  const back = audit.getByRole('listitem').filter({ hasText: 'Taken back' });
  await orders(api, restaurant, () => back.isVisible());
  await expect(back).toContainText('by the silo');
  await expect(back).toContainText(/% of its turns failed \(\d+ of \d+\), and 5\.?0? % are borne/);
  await expect(failed.getByRole('cell')).toHaveCount(1);
  expect(await serving(page)).toBe(first);
  // Who comes to the overview finds it, too.
  await page.goto('/operate');
  const needs = page.getByRole('region', { name: /^Needs you/ });
  await expect(needs).toContainText(/The silo took \w+ of order back by itself/);
  await api.hasStatus(good, 'created');
});

test('a swap that breaks a caller is refused, with the difference', async ({ page, api }) => {
  await open(page);
  const first = await serving(page);
  await push(page, only('pizzeria:order/order@0.1.0', 'touch'));
  await page.getByRole('button', { name: 'Activate for everybody …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('× Breaks').first()).toBeVisible();
  await dialog.getByRole('button', { name: 'Activate for everybody' }).click();
  await expect(dialog).toContainText('Refused.');
  await expect(dialog).toContainText(/break a caller/);
  await expect(dialog).toContainText(/chef calls/);
  // Nor can it be insisted on.
  await expect(dialog.getByRole('button', { name: 'Activate for everybody' })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
  expect(await serving(page)).toBe(first);
  await api.order(await api.restaurant({ chefs: 0 }));
});

test('what serves is taken back by hand, after it was asked for', async ({ page }) => {
  await open(page);
  const first = await serving(page);
  await push(page, marked(await bundledOrder(), 7));
  await page.getByRole('button', { name: 'Activate for everybody …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('nobody who calls it sees anything new');
  await dialog.getByRole('button', { name: 'Activate for everybody' }).click();
  await expect(dialog).toContainText('Done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect.poll(() => serving(page)).not.toBe(first);

  const back = page.getByRole('button', { name: `Roll back to ${first} …` });
  await back.click();
  await expect(dialog).toContainText(first);
  await expect(dialog).toContainText('What becomes of turns in flight');
  await page.keyboard.press('Escape');
  await expect(back).toBeFocused();
  await back.click();
  await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
  await expect(dialog).toContainText('Done');
  await expect(dialog.getByRole('listitem')).toContainText('Taken back');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect.poll(() => serving(page)).toBe(first);
});

async function open(page: Page): Promise<void> {
  await page.goto('/operate/order');
  await expect(light(page)).toHaveText(/^live/);
  await page.getByRole('heading', { name: 'Push a module' }).waitFor();
}

/** A line of the table in which what serves and what is on trial are side by side. */
function row(page: Page, name: string): Locator {
  return page.getByRole('region', { name: 'What serves' }).getByRole('row', { name });
}

/** The digest, as far as it is shown. */
function serving(page: Page): Promise<string> {
  return row(page, 'Module').getByRole('cell').first().innerText();
}

/** Orders until it is enough. @returns those that were taken */
async function orders(
  api: Api,
  restaurantId: string,
  isEnough: (failed: number) => boolean | Promise<boolean>,
): Promise<string[]> {
  const order = { restaurantId, customerId: 'ada', pizzaType: 'Margherita' };
  const taken: string[] = [];
  let failed = 0;
  while (!(await isEnough(failed))) {
    const answer = await api.ask('POST', '/api/orders', order);
    if (answer.ok) taken.push(((await answer.json()) as { orderId: string }).orderId);
    else failed++;
  }
  return taken;
}
