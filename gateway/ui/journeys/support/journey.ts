/** The test of every journey: a pizzeria, browsers that are watched, and figures. */

import {
  test as base,
  expect,
  type BrowserContext,
  type BrowserContextOptions,
} from '@playwright/test';
import { Api } from './api';
import { Guard } from './guard';
import { Network } from './network';
import { Program } from './program';

export { expect };

export const PHONE = { width: 390, height: 844 };
export const TABLET = { width: 1_180, height: 820 };
export const DESKTOP = { width: 1_440, height: 900 };

export type NewBrowser = (options?: BrowserContextOptions) => Promise<BrowserContext>;

interface OfTest {
  api: Api;
  guard: Guard;
  /** Somebody else's browser, which shares nothing with the others. */
  newBrowser: NewBrowser;
}

interface OfWorker {
  /** Where whoever comes from this machine may do everything. */
  pizza: Program;
  /** Where everybody has to sign in. */
  locked: Program;
}

export const test = base.extend<OfTest, OfWorker>({
  pizza: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const program = await Program.start();
      await use(program);
      await program.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  locked: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const program = await Program.start({ isOpen: false });
      await use(program);
      await program.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  api: async ({ pizza }, use) => use(new Api(pizza)),
  baseURL: async ({ pizza }, use) => use(pizza.url),
  guard: [
    async ({ baseURL }, use) => {
      const guard = new Guard(new URL(baseURL ?? '').origin);
      await use(guard);
      if (!guard.isTested) expect(guard.complaints, 'what no page may do').toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, guard }, use) => {
    await guard.watch(context);
    await use(context);
  },
  newBrowser: async ({ browser, guard, baseURL, locale, timezoneId, viewport }, use) => {
    const usual = {
      viewport,
      ...(baseURL && { baseURL }),
      ...(locale && { locale }),
      ...(timezoneId && { timezoneId }),
    };
    const opened: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...usual, ...options });
      opened.push(context);
      await guard.watch(context);
      return context;
    });
    await Promise.all(opened.map((context) => context.close()));
  },
});

/** Tests that run where everybody has to sign in. */
export const lockedTest = test.extend({
  api: async ({ locked }, use) => use(new Api(locked, locked.tokens.get('admin'))),
  baseURL: async ({ locked }, use) => use(locked.url),
});

/** Tests whose pages come by a network that can be cut. */
export const cutTest = test.extend<{ network: Network }>({
  network: async ({ pizza }, use) => {
    const network = await Network.open(pizza.port);
    await use(network);
    network.close();
  },
  baseURL: async ({ network }, use) => use(network.url),
});
