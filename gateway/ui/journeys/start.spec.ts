/** A newcomer's first minute. */

import { expect, test as base } from './support/journey';
import { within } from './support/figures';
import { light } from './support/pages';
import { Program } from './support/program';

/** As fast as it is for whoever starts it. */
const test = base.extend<object, { pizza: Program }>({
  pizza: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const program = await Program.start({ speed: 60 });
      await use(program);
      await program.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test('brought to life, the figures rise and a driver moves; and it stops', async ({
  page,
  api,
}) => {
  await page.goto('/');
  await expect(light(page)).toHaveText(/^live/);
  // As they say themselves: the restaurant hears where somebody with an order is only afterwards, and
  // the map of this page with it.
  const places = async () => {
    const riding = ['live-1', 'live-2', 'live-3'].map((id) => api.get(`/api/drivers/${id}/status`));
    const all = (await Promise.all(riding)) as { location?: unknown }[];
    return JSON.stringify(all.map(({ location }) => location));
  };
  const untilOneMoves = async () => {
    await page.getByRole('button', { name: /^Calm/ }).click();
    const begun = Date.now();
    await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
    await expect(page.getByText(/[1-9]\d* orders? under way/)).toBeVisible({ timeout: 30_000 });
    const before = await places();
    await expect.poll(places, { timeout: 60_000 }).not.toBe(before);
    return Date.now() - begun;
  };
  await within('brought to life, until a driver moves', 20_000, 'ms', untilOneMoves, 1);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: /^Calm/ })).toBeVisible({ timeout: 60_000 });
});
