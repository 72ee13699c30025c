/** Many tabs of one browser, which opens six connections to a server and no more. */

import type { BrowserContext, Request } from '@playwright/test';
import { expect, TABLET, test } from './support/journey';
import { card, light } from './support/pages';

test.use({ viewport: TABLET });

/** Streams that are open now, by path. */
function streams(context: BrowserContext): () => string[] {
  const open = new Set<Request>();
  context.on('request', (request) => {
    if (request.headers()['accept'] === 'text/event-stream') open.add(request);
  });
  context.on('requestfinished', (request) => open.delete(request));
  context.on('requestfailed', (request) => open.delete(request));
  return () => [...open].map((request) => new URL(request.url()).pathname).sort();
}

test('seven tabs are live, and those that want the same have one connection', async ({
  context,
  api,
}) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  const open = streams(context);
  const orders = [await api.order(restaurant), await api.order(restaurant)];
  const [first = '', second = ''] = orders.map(({ orderId }) => orderId as string);
  const paths = [
    ...Array<string>(4).fill(`/kitchen/${restaurant}`),
    ...[`/track/${first}`, `/track/${first}`, `/track/${second}`],
  ];
  const tabs = [];
  for (const path of paths) {
    const tab = await context.newPage();
    await tab.goto(path);
    await expect(light(tab)).toHaveText(/^live/);
    tabs.push(tab);
  }
  // An eighth still gets through.
  const eighth = await context.newPage();
  await eighth.goto('/');
  await expect(light(eighth)).toHaveText(/^live/);
  const wanted = [`/api/kitchen/${restaurant}/stream`];
  wanted.push(...[first, second].map((id) => `/api/orders/${id}/track`));
  await expect.poll(open).toEqual(wanted.sort());

  // What one of them reads, all of them show.
  const { orderId } = await api.order(restaurant);
  for (const tab of tabs.slice(0, 4)) await expect(card(tab, orderId)).toHaveCount(1);
  // The one that reads goes; the next one does.
  await tabs[0]?.close();
  await expect.poll(open).toEqual(wanted.sort());
  const later = await api.order(restaurant);
  for (const tab of tabs.slice(1, 4)) {
    await expect(card(tab, later.orderId)).toHaveCount(1);
    await expect(card(tab, orderId)).toHaveCount(1);
    await expect(light(tab)).toHaveText(/^live/);
  }
});

test('planted: tabs that share nothing are counted', async ({ context, api }) => {
  const restaurant = await api.restaurant({ chefs: 0 });
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined });
    Reflect.deleteProperty(globalThis, 'BroadcastChannel');
  });
  const open = streams(context);
  for (let n = 0; n < 2; n++) {
    const tab = await context.newPage();
    await tab.goto(`/kitchen/${restaurant}`);
    await expect(light(tab)).toHaveText(/^live/);
  }
  expect(open()).toHaveLength(2);
});
