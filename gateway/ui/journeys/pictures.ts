/** All screens in both themes, on a phone and on a desktop, of a pizzeria that is lived in. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, PHONE, test as base } from './support/journey';
import { Program } from './support/program';
import { light } from './support/pages';
import type { Api } from './support/api';

const folder =
  process.env['PICTURES'] ?? fileURLToPath(new URL('../../../target/pictures', import.meta.url));

const SIZES = { phone: PHONE, desktop: { width: 1_280, height: 800 } };

const test = base.extend({
  pizza: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const program = await Program.start({
        speed: 60,
        config:
          '[simulate]\non = true\ndrivers = 4\norders_per_minute = 14.0\nseed = 7\nspeed = 8.0',
      });
      await use(program);
      await program.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

interface Screen {
  name: string;
  open(page: Page, api: Api): Promise<void>;
}

async function live(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(light(page)).toHaveText(/^live/);
}

async function orderOnTheRoad(api: Api): Promise<string> {
  const road = '/api/restaurants/napoli/orders?state=outForDelivery';
  const last = async () => ((await api.get(road)).orders as { orderId: string }[]).at(0)?.orderId;
  await expect.poll(last, { timeout: 60_000 }).toBeTruthy();
  return (await last()) ?? '';
}

const SCREENS: Screen[] = [
  { name: 'start', open: (page) => live(page, '/') },
  {
    name: 'order',
    async open(page) {
      await page.goto('/order/napoli');
      for (const pizza of ['Margherita', 'Margherita', 'Diavola']) {
        await page.getByRole('button', { name: `One ${pizza} more`, exact: true }).click();
      }
    },
  },
  {
    name: 'track',
    async open(page, api) {
      // One may be there before its page is.
      await expect(async () => {
        await live(page, `/track/${await orderOnTheRoad(api)}`);
        await page.locator('canvas').filter({ visible: true }).first().waitFor({ timeout: 8_000 });
      }).toPass({ timeout: 120_000 });
    },
  },
  {
    name: 'kitchen',
    async open(page) {
      await live(page, '/kitchen/napoli');
      const silent = page.getByRole('button', { name: 'Keep it silent' });
      if (await silent.isVisible()) await silent.click();
    },
  },
  {
    name: 'manager',
    async open(page) {
      await live(page, '/manager/napoli');
    },
  },
  {
    name: 'drive',
    async open(page, api) {
      const { drivers } = await api.get('/api/restaurants/napoli/drivers');
      const known = drivers as { driverId: string; orderId?: string }[];
      const busy = known.find(({ orderId }) => orderId) ?? known[0];
      await live(page, `/drive/${busy?.driverId ?? 'driver-1'}`);
    },
  },
  { name: 'operate', open: (page) => live(page, '/operate') },
  { name: 'sign-in', open: async (page) => void (await page.goto('/sign-in')) },
];

test('pictures', async ({ api, newBrowser }) => {
  test.setTimeout(300_000);
  await mkdir(folder, { recursive: true });
  // Until there is something to be seen everywhere.
  const underWay = async () => {
    const { restaurants } = await api.get('/api/overview');
    return (restaurants as { underWay: number }[])[0]?.underWay ?? 0;
  };
  await expect.poll(underWay, { timeout: 120_000 }).toBeGreaterThan(9);
  await orderOnTheRoad(api);
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await (await newBrowser({ viewport, colorScheme })).newPage();
      await page.route('**/api/session', async (route) => {
        const response = await route.fetch();
        // Where the data of these pictures lay is of no use to anybody.
        const told = (await response.json()) as { dataPath?: string };
        await route.fulfill({ response, json: { ...told, dataPath: './data' } });
      });
      for (const { name, open } of SCREENS) {
        await open(page, api);
        // What is fetched behind the first picture is there, too.
        await page.waitForLoadState('load');
        await page.evaluate(() => document.fonts.ready);
        const path = join(folder, `${name}-${size}-${colorScheme}.jpg`);
        await page.screenshot({ path, type: 'jpeg', quality: 40 });
      }
      await page.close();
    }
  }
});
