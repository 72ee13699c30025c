/** What the browser itself measures of a page. */

import type { BrowserContext, Page } from '@playwright/test';

/** Before the page is opened: what is over by then is not told afterwards. */
export async function measure(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const seen = { largest: 0, shift: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.largest = entry.startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = entry as unknown as {
          value: number;
          hadRecentInput: boolean;
        };
        if (!hadRecentInput) seen.shift += value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

interface Seen {
  /** Largest contentful paint, in ms. */
  largest: number;
  /** Sum of all layout shifts. */
  shift: number;
}

export function seenBy(page: Page): Promise<Seen> {
  return page.evaluate(() => (window as unknown as { seen: Seen }).seen);
}

/** A processor that is so many times slower, for this page. */
export async function slowDown(page: Page, times: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: times });
}

/** When each of these was first on the screen: ms since 1970 by order, in whatever lane it says. */
export async function watchLanes(page: Page): Promise<void> {
  await page.evaluate(() => {
    const drawn = new Map<string, number>();
    Object.assign(window, { drawn });
    const look = () => {
      for (const heading of document.querySelectorAll('article h3')) {
        const lane = heading.closest('section')?.classList.item(1) ?? '';
        const key = `${heading.getAttribute('title') ?? ''} ${lane}`;
        if (drawn.has(key)) continue;
        drawn.set(key, NaN);
        // The message comes when the frame has been painted.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => drawn.set(key, performance.timeOrigin + performance.now());
        requestAnimationFrame(() => port2.postMessage(undefined));
      }
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
}

export async function drawnAt(page: Page, orderId: string, laneClass: string): Promise<number> {
  const key = `${orderId} ${laneClass}`;
  const handle = await page.waitForFunction((wanted) => {
    const at = (window as unknown as { drawn: Map<string, number> }).drawn.get(wanted);
    return at !== undefined && !Number.isNaN(at) ? at : undefined;
  }, key);
  return (await handle.jsonValue()) ?? NaN;
}

/** Watches taps: how long until the button of a card looks pressed, and until the server said yes. */
export async function watchTaps(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const taps = { felt: [] as number[], confirmed: [] as number[] };
    Object.assign(window, { taps });
    let tappedAt = 0;
    document.addEventListener(
      'pointerdown',
      (event) => {
        const article = (event.target as Element).closest('article');
        if (!article || !(event.target as Element).closest('.step')) return;
        tappedAt = event.timeStamp;
        const began = tappedAt;
        const look = () => {
          if (!article.querySelector('.step.undo')) return requestAnimationFrame(look);
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => taps.felt.push(performance.now() - began);
          port2.postMessage(undefined);
          return 0;
        };
        requestAnimationFrame(look);
      },
      { capture: true },
    );
    const plain = window.fetch.bind(window);
    window.fetch = async (input, init) => {
      const began = tappedAt;
      const response = await plain(input, init);
      if (init?.method === 'PUT') taps.confirmed.push(performance.now() - began);
      return response;
    };
  });
}

export function tapsOn(page: Page): Promise<{ felt: number[]; confirmed: number[] }> {
  return page.evaluate(
    () => (window as unknown as { taps: { felt: number[]; confirmed: number[] } }).taps,
  );
}
