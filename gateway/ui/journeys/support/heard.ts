/** What a stream has told, once on the page and once to whoever asks the server directly. */

import type { BrowserContext, Page } from '@playwright/test';
import type { Program } from './program';

export interface Heard {
  /** The path of the stream. */
  path: string;
  name: string;
  /** Its position; absent where it says the time only. */
  id: string | undefined;
  data: string;
  /** Milliseconds since 1970, by the clock of this machine. */
  at: number;
}

/** Every event that the page's streams bring is written down, too. Before the page is opened. */
export async function writeDown(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const heard: unknown[] = [];
    Object.assign(window, { heard });
    const plain = window.fetch.bind(window);

    function note(path: string, block: string) {
      const field = (name: string) =>
        block
          .split('\n')
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
          .join('\n');
      const [name, data] = [field('event'), field('data')];
      if (name === '') return;
      const at = performance.timeOrigin + performance.now();
      heard.push({ path, name, data, id: field('id') || undefined, at });
    }

    async function listen(path: string, body: ReadableStream<Uint8Array>) {
      const decoder = new TextDecoder();
      const reader = body.getReader();
      let text = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        text += decoder.decode(value, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) note(path, block);
      }
    }

    window.fetch = async (input, init) => {
      const response = await plain(input, init);
      const kind = response.headers.get('content-type') ?? '';
      if (!kind.startsWith('text/event-stream') || !response.body) return response;
      const [mine, theirs] = response.body.tee();
      // A connection that breaks off ends what is written down of it, and nothing else.
      listen(new URL(response.url).pathname, mine).catch(() => undefined);
      return new Response(theirs, { status: response.status, headers: response.headers });
    };
  });
}

export function heardBy(page: Page): Promise<Heard[]> {
  return page.evaluate(() => (window as unknown as { heard: Heard[] }).heard);
}

/** Reads a stream from a position on, until somebody stops it. */
export class Listener {
  readonly heard: Heard[] = [];
  readonly #end = new AbortController();

  /** @param after as `Last-Event-ID`; without it, from where the stream begins by itself */
  static async open(program: Program, path: string, after?: string): Promise<Listener> {
    const listener = new Listener();
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (after !== undefined) headers['last-event-id'] = after;
    const signal = listener.#end.signal;
    const answer = await fetch(program.url + path, { headers, signal });
    if (!answer.ok || !answer.body) throw new Error(`${path}: ${answer.status}`);
    void listener.#listen(path, answer.body).catch(() => undefined);
    return listener;
  }

  close(): void {
    this.#end.abort();
  }

  async #listen(path: string, body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const at = performance.timeOrigin + performance.now();
      text += decoder.decode(value, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const lines = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
        const field = (name: string) => lines.find((line) => line?.[1] === name)?.[2];
        const [name, data = ''] = [field('event'), field('data')];
        if (name !== undefined) this.heard.push({ path, name, data, id: field('id'), at });
      }
    }
  }
}

/** What of the server's history a page lacks, has twice, or has besides. Empty if it is right. */
export function differences(page: string[], server: string[]): string[] {
  const count = (of: string[], id: string) => of.filter((one) => one === id).length;
  const all = [...new Set([...server, ...page])];
  return all
    .filter((id) => count(page, id) !== count(server, id))
    .map((id) => `${id}: ${count(page, id)} times, and not ${count(server, id)}`);
}
