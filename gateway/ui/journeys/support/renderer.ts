/** What a page costs: the time of its thread, which others on the machine do not lengthen. */

import type { Browser, CDPSession, Page } from '@playwright/test';

/** The thread of a page, as it was at a moment. */
export interface Cost {
  /** Seconds of a clock. */
  at: number;
  /** Seconds in which the thread had a processor. */
  thread: number;
  heapBytes: number;
  nodes: number;
}

export class Renderer {
  /** Bytes of streams that have come. */
  streamed = 0;

  private constructor(
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {}

  /** Before the page is opened. */
  static async of(page: Page): Promise<Renderer> {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await session.send('Network.enable');
    const renderer = new Renderer(page, session);
    const streams = new Set<string>();
    session.on('Network.responseReceived', ({ requestId, response }) => {
      if (response.mimeType === 'text/event-stream') streams.add(requestId);
    });
    session.on('Network.dataReceived', ({ requestId, dataLength, encodedDataLength }) => {
      if (streams.has(requestId)) renderer.streamed += encodedDataLength || dataLength;
    });
    return renderer;
  }

  /** @param isTidied whether what nobody needs any more is thrown away first */
  async cost(isTidied = false): Promise<Cost> {
    if (isTidied) await this.session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.session.send('Performance.getMetrics');
    const of = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
    const [thread, heapBytes, nodes] = [of('TaskDuration'), of('JSHeapUsedSize'), of('Nodes')];
    return { at: performance.now() / 1_000, thread, heapBytes, nodes };
  }

  /** How many frames it draws in so many seconds, and how long each took. */
  frames(seconds: number): Promise<number[]> {
    return this.page.evaluate(async (ms) => {
      const times: number[] = [];
      let before = await new Promise<number>(requestAnimationFrame);
      for (const end = before + ms; before < end;) {
        const now = await new Promise<number>(requestAnimationFrame);
        times.push(now - before);
        before = now;
      }
      return times;
    }, seconds * 1_000);
  }
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** In microseconds: when it began, and how long its thread had a processor for it. */
  ts: number;
  tdur?: number;
  dur?: number;
  args: { name?: string };
}

/** The tasks of the page's thread while something is done, in milliseconds of that thread, in their order. */
export async function tasks(
  browser: Browser,
  page: Page,
  doing: () => Promise<void>,
): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await doing();
  const told = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const events = told.traceEvents;
  const threads = events.filter(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  );
  const isPages = ({ pid, tid }: TraceEvent) =>
    threads.some((thread) => thread.pid === pid && thread.tid === tid);
  return events
    .filter((event) => event.name.endsWith('RunTask') && isPages(event))
    .sort((a, b) => a.ts - b.ts)
    .map(({ tdur, dur = 0 }) => (tdur ?? dur) / 1_000);
}
