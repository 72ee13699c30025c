/** Who may see and do what, and what becomes of taps when a session ends. */

import type { Page } from '@playwright/test';
import { expect, lockedTest as test, TABLET } from './support/journey';
import { card, keepSilent, lane, light, step } from './support/pages';

test.use({ viewport: TABLET });

async function signIn(page: Page, role: string, api: { program: { tokens: Map<string, string> } }) {
  await page.getByLabel('Token').fill(api.program.tokens.get(role) ?? '');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a session that ends keeps what was tapped, and it is sent once', async ({
  page,
  context,
  api,
}) => {
  // The token of the demo belongs to this kitchen.
  const restaurant = await api.restaurant({ id: 'napoli', chefs: 0 });
  await page.goto(`/kitchen/${restaurant}`);
  await expect(page.getByText('This kitchen may not be seen here')).toBeVisible();
  await signIn(page, 'kitchen', api);
  await expect(light(page)).toHaveText(/^live/);
  await keepSilent(page);
  for (const chef of ['1', '2', '3']) {
    await api.ask('DELETE', `/api/kitchen/${restaurant}/chefs/${chef}`);
  }
  const { orderId } = await api.order(restaurant);
  await expect(card(page, orderId)).toBeVisible();

  const answers: number[] = [];
  const keys = new Set<string | undefined>();
  page.on('response', (answer) => {
    if (!answer.url().endsWith('/status')) return;
    answers.push(answer.status());
    keys.add(answer.request().headers()['idempotency-key']);
  });
  await context.clearCookies();
  await step(card(page, orderId)).click();
  await expect.poll(() => answers).toEqual([401]);
  await expect(page.getByText(/1 tap (is )?kept/)).toBeVisible();
  expect((await api.get(`/api/orders/${orderId}`)).status).toBe('created');
  await page.reload();
  await signIn(page, 'kitchen', api);
  await expect(card(lane(page, 'Being made'), orderId)).toHaveCount(1);
  expect(answers.filter((status) => status === 200)).toHaveLength(1);
  expect(keys.size).toBe(1);
});

test('a customer sees no kitchen, and the gateway refuses', async ({ page, api }) => {
  await page.goto('/sign-in');
  await signIn(page, 'customer', api);
  await page.waitForURL(/\/$/);
  await page.goto('/kitchen/napoli');
  await expect(page.getByText('This kitchen may not be seen here')).toBeVisible();
  await expect(page.getByRole('article')).toHaveCount(0);
  const status = await page.evaluate(
    async () => (await fetch('/api/kitchen/napoli/display')).status,
  );
  expect(status).toBe(403);
});

test('a wrong token is said at its field, and nothing is kept of one', async ({ page, api }) => {
  await page.goto('/sign-in');
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByLabel('Token')).toHaveAccessibleDescription(/No such token/);
  await expect(page.getByLabel('Token')).toBeFocused();
  await signIn(page, 'manager', api);
  await page.waitForURL(/\/$/);
  const token = api.program.tokens.get('manager') ?? 'none';
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, c: document.cookie }));
  expect(stored).not.toContain(token);
});
