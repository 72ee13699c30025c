/** What has to be quick, measured on the real program. */

import type { Page } from '@playwright/test';
import { expect, PHONE, TABLET, test } from './support/journey';
import { card, keepSilent, lane, light, openKitchen, step } from './support/pages';
import { Listener } from './support/heard';
import { p95, within } from './support/figures';
import {
  drawnAt,
  measure,
  seenBy,
  slowDown,
  tapsOn,
  watchLanes,
  watchTaps,
} from './support/measure';
import type { Api } from './support/api';
import type { NewBrowser } from './support/journey';

/** A page that nobody of this browser has seen before. */
async function fresh(newBrowser: NewBrowser, viewport: typeof PHONE): Promise<Page> {
  const context = await newBrowser({ viewport });
  await measure(context);
  return context.newPage();
}

for (const [what, times, budget] of [
  ['start page, largest paint', 1, 400],
  ['start page, largest paint, a processor 4 times slower', 4, 1_000],
] as const) {
  test(what, async ({ newBrowser }) => {
    await within(what, budget, 'ms', async () => {
      const page = await fresh(newBrowser, PHONE);
      await slowDown(page, times);
      await page.goto('/');
      await expect(light(page)).toHaveText(/^live/);
      return (await seenBy(page)).largest;
    });
  });
}

test('nothing jumps while screens load', async ({ newBrowser, api }) => {
  const restaurant = await api.restaurant();
  const { orderId } = await api.order(restaurant);
  const paths = [
    '/',
    `/order/${restaurant}`,
    `/track/${orderId}`,
    `/kitchen/${restaurant}`,
    '/sign-in',
  ];
  for (const path of paths) {
    for (const viewport of [PHONE, TABLET]) {
      const kind = path.split('/')[1] || 'start';
      await within(
        `${kind}, layout shift while loading, ${viewport.width} px`,
        0.02,
        '',
        async () => {
          const page = await fresh(newBrowser, viewport);
          await page.goto(path);
          if (path === '/sign-in') await page.getByLabel('Token').waitFor();
          else if (path.startsWith('/order')) await page.getByLabel('Where to').waitFor();
          else await expect(light(page)).toHaveText(/^live/);
          await isQuiet(page);
          return (await seenBy(page)).shift;
        },
      );
    }
  }
});

test('kitchen: from the event to the picture, and nothing jumps', async ({ newBrowser, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const seen: Listener = await Listener.open(api.program, `/api/kitchen/${restaurant}/stream`, '0');
  const page = await fresh(newBrowser, TABLET);
  await openKitchen(page, restaurant);
  await keepSilent(page);
  await watchLanes(page);
  // What follows a tap late, on a slow machine, does not count to what follows.
  await isQuiet(page);
  const before = (await seenBy(page)).shift;
  await within('event to picture, p95', 100, 'ms', async () => {
    const times: number[] = [];
    for (let n = 0; n < 20; n++) times.push(await oneByOne(page, api, restaurant, seen));
    return p95(times);
  });
  const begun = Date.now();
  const orders = await many(api, restaurant, 60);
  const perSecond =
    seen.heard.filter(({ at }) => at > begun).length / ((Date.now() - begun) / 1_000);
  await drawnAt(page, orders.at(-1) ?? '', 'baking');
  const what = `layout shift while ${Math.round(perSecond)} events a second come`;
  const shift = (await seenBy(page)).shift - before;
  // Nothing that anybody sees: 0.00.
  await within(what, 0.005, '', () => Promise.resolve(shift));
  seen.close();
});

test('kitchen: from the tap to what is felt, and to what is sure', async ({ newBrowser, api }) => {
  const context = await newBrowser({ viewport: TABLET });
  await watchTaps(context);
  const page = await context.newPage();
  const felt: number[] = [];
  const confirmed: number[] = [];
  const round = async () => {
    const restaurant = await api.restaurant({ chefs: 0 });
    const orders: string[] = [];
    for (let n = 0; n < 20; n++) orders.push((await api.order(restaurant)).orderId as string);
    await openKitchen(page, restaurant);
    const silent = page.getByRole('button', { name: 'Keep it silent' });
    if (await silent.isVisible()) await silent.click();
    await expect(lane(page, 'To make').getByRole('article')).toHaveCount(orders.length);
    for (const orderId of orders) {
      await step(card(page, orderId)).click();
      await api.hasStatus(orderId, 'preparing');
    }
    await expect.poll(async () => (await tapsOn(page)).confirmed.length).toBe(orders.length);
    const taps = await tapsOn(page);
    felt.splice(0, felt.length, ...taps.felt);
    confirmed.splice(0, confirmed.length, ...taps.confirmed);
  };
  await within('tap to what is felt, p95', 100, 'ms', async () => {
    await round();
    return p95(felt);
  });
  await within('tap to what is sure, p95', 300, 'ms', async (attempt) => {
    if (attempt > 1) await round();
    return p95(confirmed);
  });
});

test('what is embedded', async ({ request, api }) => {
  // As it comes over the wire; the list of files is what the pages load. What is packed is in the program in its
  // packed forms alone, and unpacked for whoever takes none.
  await within('embedded, all forms', 600, 'KB', async () => {
    const paths = await everyAsset(api);
    let bytes = 0;
    for (const path of paths) {
      for (const coding of ['gzip', 'br']) {
        const answer = await request.fetch(path, {
          headers: { 'accept-encoding': coding },
        });
        expect(answer.ok(), path).toBe(true);
        bytes += Number(answer.headers()['content-length'] ?? (await answer.body()).length);
        if (!answer.headers()['content-encoding']) break;
      }
    }
    return bytes / 1_024;
  });
});

test('planted: what takes too long, and what jumps, is measured', async ({ newBrowser }) => {
  const page = await fresh(newBrowser, PHONE);
  await page.route('**/assets/*', async (route) => {
    const response = await route.fetch();
    // As a server that is far away.
    await new Promise((resolve) => setTimeout(resolve, 450));
    await route.fulfill({ response });
  });
  await page.goto('/', { waitUntil: 'networkidle' });
  await expect(light(page)).toHaveText(/^live/);
  expect((await seenBy(page)).largest).toBeGreaterThan(400);
  const before = (await seenBy(page)).shift;
  await page.locator('main').evaluate((main) => {
    const planted = document.createElement('p');
    planted.textContent = 'late '.repeat(200);
    main.prepend(planted);
  });
  await expect.poll(async () => (await seenBy(page)).shift).toBeGreaterThan(before);
});

/** Two frames in which nothing is fetched. */
async function isQuiet(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frames = 0; frames < 10; frames++) {
      await new Promise((done) => requestAnimationFrame(done));
    }
  });
}

/** One order: from its event at a socket beside the page's, to its card on the screen. */
async function oneByOne(page: Page, api: Api, restaurant: string, seen: Listener): Promise<number> {
  const { orderId } = await api.order(restaurant);
  const drawn = await drawnAt(page, orderId, 'waiting');
  const event = () =>
    seen.heard.find(({ name, data }) => name === 'ticket' && data.includes(orderId));
  await expect.poll(event).toBeTruthy();
  return drawn - (event()?.at ?? NaN);
}

/** Orders and steps as quickly as they are answered. */
async function many(api: Api, restaurant: string, count: number): Promise<string[]> {
  const orders: string[] = [];
  const one = async () => {
    while (orders.length < count) {
      const { orderId } = await api.order(restaurant);
      orders.push(orderId as string);
      for (const status of ['preparing', 'baking']) await api.status(orderId, status);
    }
  };
  await Promise.all(Array.from({ length: 6 }, one));
  return orders;
}

/** From the shell on, by what each file names. */
async function everyAsset(api: Api): Promise<string[]> {
  const found = new Set<string>(['/']);
  for (const path of found) {
    const text = await (await fetch(api.program.url + path)).text();
    for (const [, name] of text.matchAll(/(?:assets\/|\.\/)([\w.-]+\.(?:js|css|svg))/g)) {
      found.add(`/assets/${name}`);
    }
  }
  return [...found];
}
