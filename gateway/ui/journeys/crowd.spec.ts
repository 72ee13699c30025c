/** Many orders and many drivers on one screen, and what that costs. */

import { DESKTOP, expect, test } from './support/journey';
import { p95, within } from './support/figures';
import { gather, keepMoving, type Crowd } from './support/crowd';
import { light } from './support/pages';
import { Renderer, tasks } from './support/renderer';
import type { Api } from './support/api';

/** 2,000 with `just soak`, for five minutes. */
const ORDERS = Number(process.env['JOURNEY_ORDERS'] ?? 200);
const WHOLE = 2_000;
const PART = Math.min(1, ORDERS / WHOLE);
const DRIVERS = Math.max(20, Math.round(200 * PART));
const STEPS_PER_SECOND = Math.max(5, 50 * PART);
const SECONDS = Number(process.env['JOURNEY_SECONDS'] ?? Math.max(20, Math.round(300 * PART)));

test(`${ORDERS} orders and ${DRIVERS} drivers`, async ({ api, browser, newBrowser }) => {
  test.setTimeout(240_000 + SECONDS * 2_000);
  const crowd = await gather(api, ORDERS, DRIVERS);
  const page = await (await newBrowser({ viewport: DESKTOP })).newPage();
  const renderer = await Renderer.of(page);

  // A page that begins draws many orders at once, in one task or in several.
  await within('board, the longest first task', 200, 'ms of it', async () => {
    const first = await tasks(browser, page, async () => {
      await page.goto(`/manager/${crowd.restaurant}`);
      await expect(light(page)).toHaveText(/^live/);
      await page.locator('[data-order]').first().waitFor();
      await page.locator('.map canvas').first().waitFor();
    });
    return Math.max(...first);
  });
  await ride(api, crowd, renderer);
  await work(api, crowd, renderer, (doing) => tasks(browser, page, doing));
});

test('planted: a task that is too long, and a page that never rests, are measured', async ({
  browser,
  page,
}) => {
  const renderer = await Renderer.of(page);
  await page.goto('/sign-in');
  const before = await renderer.cost();
  const all = await tasks(browser, page, () =>
    page.evaluate(() => {
      for (const end = performance.now() + 2_000; performance.now() < end;);
    }),
  );
  const after = await renderer.cost();
  expect(Math.max(...all)).toBeGreaterThan(200);
  expect(after.thread - before.thread).toBeGreaterThan(0.2);
  // Whoever waits for a processor has none.
  expect(after.thread - before.thread).toBeLessThan(after.at - before.at);
});

/** Drivers tell where they are, and nothing else happens. */
async function ride(api: Api, crowd: Crowd, renderer: Renderer): Promise<void> {
  const moving = keepMoving(api, crowd, 0);
  try {
    await renderer.frames(2);
    let perFrame = 0;
    let perSecond = 0;
    await within(`map, ${DRIVERS} drivers, a frame, p95`, 17, 'ms', async () => {
      const [start, bytes] = [await renderer.cost(), renderer.streamed];
      const frames = await renderer.frames(10);
      const end = await renderer.cost();
      perFrame = ((end.thread - start.thread) / frames.length) * 1_000;
      perSecond = (renderer.streamed - bytes) / 1_024 / (end.at - start.at);
      return p95(frames);
    });
    await once(`map, ${DRIVERS} drivers, thread a frame`, 8, 'ms of it', perFrame);
    await once(`stream, ${DRIVERS} drivers`, (20 * DRIVERS) / 200, 'KB/s', perSecond);
  } finally {
    await moving.stop();
  }
}

/** Orders come, are begun and given up, and the drivers stand still: what moves on the map is no part of the board. */
async function work(
  api: Api,
  crowd: Crowd,
  renderer: Renderer,
  tasksOf: (doing: () => Promise<void>) => Promise<number[]>,
): Promise<void> {
  const moving = keepMoving(api, { ...crowd, drivers: [] }, STEPS_PER_SECOND);
  try {
    // So long it finds its feet.
    await renderer.frames(SECONDS / 5);
    const begun = await renderer.cost(true);
    await renderer.frames((SECONDS * 4) / 5);
    const ended = await renderer.cost(true);
    const share = (ended.thread - begun.thread) / (ended.at - begun.at);
    await once('board, share of a processor', 15, '%', share * 100);
    const grown = (ended.heapBytes / begun.heapBytes - 1) * 100;
    await once('board, heap at the end', 10, '% more', grown);
    const nodes = Math.abs(ended.nodes / begun.nodes - 1) * 100;
    await once('board, nodes at the end', 10, '% other', nodes);
    await within('board, longest task', 100, 'ms of it', async () =>
      Math.max(...(await tasksOf(async () => void (await renderer.frames(10))))),
    );
  } finally {
    await moving.stop();
  }
}

/** What was measured on the way. */
function once(what: string, budget: number, unit: string, measured: number): Promise<void> {
  return within(what, budget, unit, () => Promise.resolve(measured), 1);
}
