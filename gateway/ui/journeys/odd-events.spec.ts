/** Events as no server should send them, and as networks and restarts make them all the same. */

import type { Page } from '@playwright/test';
import { expect, TABLET, test } from './support/journey';
import { card, lane, light } from './support/pages';
import { Listener } from './support/heard';
import type { Api } from './support/api';

test.use({ viewport: TABLET });

interface Told {
  id: string;
  name: string;
  data: string;
}

test('twice, out of order, too old, of an order that nobody knows, and lost', async ({
  page,
  api,
}) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const listener = await Listener.open(api.program, stream(restaurant), '0');
  const { orderId } = await api.order(restaurant);
  await api.isInKitchen(restaurant, [orderId]);
  const ofFirst = () => listener.heard.filter(({ data }) => data.includes(orderId));
  await expect.poll(() => ofFirst().length).toBeGreaterThan(0);
  const old = { ...ofFirst()[0] } as Told;
  await api.status(orderId, 'preparing');
  await api.status(orderId, 'baking');
  const baking = () => ofFirst().findLast(({ data }) => data.includes('"baking"'));
  await expect.poll(baking).toBeTruthy();
  const newest = { ...baking() } as Told;
  listener.close();

  const position = (await api.get(`/api/kitchen/${restaurant}/display`)).position as number;
  const strange = `zzzz${orderId.slice(4)}`;
  const unknown = newest.data.replaceAll(orderId, strange);
  const block = ({ id, name, data }: Told) => `id: ${id}\nevent: ${name}\ndata: ${data}\n\n`;
  const at = (n: number) => String(position + n);
  const body = [
    // The newest again, then one that is older than the snapshot, then the same once more.
    block({ ...newest, id: at(1) }),
    block({ ...old, id: at(2) }),
    block({ ...old, id: at(2) }),
    block({ ...newest, id: at(1), data: unknown }),
  ].join('');
  await tellOnce(page, restaurant, body);
  await page.goto(`/kitchen/${restaurant}`);
  await expect(card(lane(page, 'In the oven'), orderId)).toHaveCount(1);
  await expect(page.locator(`h3[title="${orderId}"]`)).toHaveCount(1);
  // After the stream that was made up comes the true one, from a position that goes backwards.
  await expect(light(page)).toHaveText(/^live/);
  await isAsTheServerSays(page, api, restaurant);
});

test('a gap: the snapshot is read again by itself', async ({ page, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const before = (await api.order(restaurant)).orderId as string;
  await api.isInKitchen(restaurant, [before]);
  let snapshots = 0;
  await page.route('**/display', (route) => {
    snapshots++;
    return route.continue();
  });
  const position = (await api.get(`/api/kitchen/${restaurant}/display`)).position as number;
  await tellOnce(page, restaurant, `id: ${position}\nevent: gap\ndata: {}\n\n`, async () => {
    // What happens in between is in no event that the page will ever get.
    const { orderId } = await api.order(restaurant);
    await api.isInKitchen(restaurant, [before, orderId]);
  });
  await page.goto(`/kitchen/${restaurant}`);
  await expect(lane(page, 'To make').getByRole('article')).toHaveCount(2);
  expect(snapshots).toBeGreaterThan(1);
  await isAsTheServerSays(page, api, restaurant);
});

const stream = (restaurant: string) => `/api/kitchen/${restaurant}/stream`;

/** The first connection tells this and breaks off; all others are the server's. */
async function tellOnce(
  page: Page,
  restaurant: string,
  body: string,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  let isTold = false;
  await page.route(`**${stream(restaurant)}`, async (route) => {
    if (isTold) return route.continue();
    isTold = true;
    await before();
    await route.fulfill({ status: 200, contentType: 'text/event-stream', body });
  });
}

async function isAsTheServerSays(page: Page, api: Api, restaurant: string): Promise<void> {
  const { queue, active } = await api.get(`/api/kitchen/${restaurant}/display`);
  const ids = ([...queue, ...active] as { orderId: string }[]).map(({ orderId }) => orderId);
  const shown = () =>
    page.locator('article h3').evaluateAll((all) => all.map((h) => h.getAttribute('title')));
  await expect.poll(async () => (await shown()).sort()).toEqual(ids.sort());
}
