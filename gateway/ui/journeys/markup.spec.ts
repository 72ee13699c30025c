/** Whatever people and machines write is text. */

import { expect, TABLET, test } from './support/journey';
import { markupIn } from './support/guard';
import { card, lane, openKitchen, orderIdIn } from './support/pages';
import { fill, plus, sendOrder } from './support/ordering';

test.use({ viewport: TABLET });

/** What it would do if it were believed is seen by the guard, or as an element. */
const MARKUP = `<img src="http://192.0.2.1/x.png" onerror="document.title='owned'"><b class="planted">b</b><script>document.title='owned'</script>`;

test('markup in every text is shown as text', async ({ page, api }) => {
  const name = '<b class="planted">Bella</b>';
  const restaurant = await api.restaurant({ name });
  const recipe = { pizzaType: '<i onclick="x()">Rossa</i>', priceCents: 990 };
  const dough = [{ ingredient: 'dough', quantity: 1 }];
  await api.tell('PUT', `/api/inventory/${restaurant}/recipes`, { ...recipe, ingredients: dough });

  await page.goto(`/order/${restaurant}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await plus(page, recipe.pizzaType);
  await fill(page, {
    name: '<b class="planted">Ada</b>',
    address: MARKUP,
    note: MARKUP.slice(0, 60),
  });
  await sendOrder(page);
  const orderId = orderIdIn(page);
  await expect(page.getByRole('definition').filter({ hasText: MARKUP })).toBeVisible();
  await expect(page.getByText(`1 × ${recipe.pizzaType}`)).toBeVisible();
  expect(await markupIn(page)).toBe(0);

  const [kind, message] = ['<b class="planted">overheat</b>', MARKUP.slice(0, 190)];
  await api.tell('POST', `/api/actors/kitchen/${restaurant}/report-alert`, [kind, message]);
  const oven = '<b class="planted">left</b>';
  await api.tell('POST', `/api/actors/kitchen/${restaurant}/report-oven`, [oven, 300.5, null]);
  await openKitchen(page, restaurant);
  await expect(page.getByRole('alert')).toContainText(message);
  await expect(page.getByRole('list', { name: 'Ovens' })).toContainText(oven);
  await expect(card(page, orderId)).toContainText(recipe.pizzaType);
  await expect(lane(page, 'Being made')).toContainText('<img src');
  expect(await markupIn(page)).toBe(0);
  await card(page, orderId)
    .getByRole('button', { name: /^More for order/ })
    .click();
  await expect(page.getByRole('dialog')).toContainText('For <b class="planted">Ada</b>');
  expect(await markupIn(page)).toBe(0);
  expect(await page.title()).not.toBe('owned');

  await page.goto('/');
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  expect(await markupIn(page)).toBe(0);
});

test('markup in an address leads nowhere', async ({ page }) => {
  for (const path of ['/order/', '/track/', '/kitchen/']) {
    await page.goto(path + encodeURIComponent('<b class="planted">x</b>'));
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await markupIn(page)).toBe(0);
  }
});

test.describe('planted', () => {
  test('a request that leaves, and one that the policy forbids, are complaints', async ({
    page,
    guard,
  }) => {
    guard.isTested = true;
    await page.goto('/');
    await page.evaluate(async () => {
      document.body.setAttribute('style', 'color: red');
      await fetch('http://127.0.0.1:9/').catch(() => undefined);
      const image = new Image();
      image.src = 'http://127.0.0.1:9/x.png';
      document.body.append(image);
    });
    await expect.poll(() => guard.complaints.join('\n')).toMatch(/style-src/);
    await expect.poll(() => guard.complaints.join('\n')).toMatch(/connect-src/);
    await expect.poll(() => guard.complaints.join('\n')).toMatch(/img-src/);
  });

  test('a page without a policy that asks somebody else is found', async ({ page, guard }) => {
    guard.isTested = true;
    await page.route(new URL('/', guard.home).href, async (route) => {
      const answer = await route.fetch();
      const headers = Object.entries(answer.headers()).filter(
        ([name]) => name !== 'content-security-policy',
      );
      await route.fulfill({ response: answer, headers: Object.fromEntries(headers) });
    });
    await page.goto('/');
    await page.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => undefined));
    await expect.poll(() => guard.complaints.join('\n')).toContain('a request leaves');
  });

  test('an element out of a text is counted', async ({ page }) => {
    await page.goto('/');
    await page.locator('main').evaluate((main) => {
      const planted = document.createElement('b');
      planted.className = 'planted';
      main.append(planted);
    });
    expect(await markupIn(page)).toBe(1);
  });
});
