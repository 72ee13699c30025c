import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS, Shell, type ShellEnvironment } from './shell';

const ORIGIN = 'https://pizza.example';

/** Caches of a browser, as far as they are used. */
class FakeCaches {
  readonly all = new Map<string, Map<string, Response>>();
  constructor(private readonly fetch: (path: string) => Promise<Response>) {}

  open(name: string): Promise<Cache> {
    const held = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, held);
    const cache = {
      match: (path: string) => Promise.resolve(held.get(path)?.clone()),
      put: async (path: string, response: Response) => void held.set(path, response),
      addAll: async (paths: string[]) => {
        const answers = await Promise.all(paths.map((path) => this.fetch(path)));
        if (answers.some(({ ok }) => !ok)) throw new TypeError('not there');
        paths.forEach((path, n) => held.set(path, answers[n] ?? new Response()));
      },
    };
    return Promise.resolve(cache as unknown as Cache);
  }
  match(request: Request): Promise<Response | undefined> {
    const path = new URL(request.url).pathname;
    const found = [...this.all.values()].find((held) => held.has(path));
    return Promise.resolve(found?.get(path)?.clone());
  }
  keys = () => Promise.resolve([...this.all.keys()]);
  delete = (name: string) => Promise.resolve(this.all.delete(name));
}

const asked = (path: string, more: Partial<Request> = {}): Request =>
  ({ url: new URL(path, ORIGIN).href, method: 'GET', mode: 'cors', ...more }) as Request;
const page = (path: string) => asked(path, { mode: 'navigate' });

function setUp() {
  const files = new Map<string, string>();
  const state = { network: 'there' as 'there' | 'gone' | 'silent' | 'proxy' };
  const fetch = (request: Request | string): Promise<Response> => {
    if (state.network === 'gone') return Promise.reject(new TypeError('network'));
    if (state.network === 'silent') return new Promise(() => undefined);
    if (state.network === 'proxy') return Promise.resolve(new Response('away', { status: 502 }));
    const { pathname } = new URL(typeof request === 'string' ? request : request.url, ORIGIN);
    const body = files.get(pathname.startsWith('/kitchen') ? '/' : pathname);
    return Promise.resolve(new Response(body ?? '', { status: body === undefined ? 404 : 200 }));
  };
  const caches = new FakeCaches(fetch);
  /** The server has this build from now on. */
  const build = (id: string) => {
    const entry = `/assets/index-${id}.js`;
    files.clear();
    files.set('/', `shell ${id} ${entry}`);
    files.set(entry, `script ${id}`);
    const environment = { caches, fetch, origin: ORIGIN } as unknown as ShellEnvironment;
    return new Shell({ id, entry, files: [entry] }, environment);
  };
  const text = async (answer: Promise<Response> | undefined) => (await answer)?.text();
  return { build, caches, files, state, text };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the shell that is kept', () => {
  it('is the answer at each address of a screen when there is no network', async () => {
    const { build, state, text } = setUp();
    const shell = build('one');
    await shell.install();
    for (const network of ['gone', 'proxy'] as const) {
      state.network = network;
      expect(await text(shell.answer(page('/kitchen/napoli')))).toMatch('shell one');
    }
    expect(await text(shell.answer(asked('/assets/index-one.js')))).toBe('script one');
  });

  it('is the answer when the network says nothing for long', async () => {
    const { build, state, text } = setUp();
    const shell = build('one');
    await shell.install();
    state.network = 'silent';
    const answer = text(shell.answer(page('/kitchen/napoli')));
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    expect(await answer).toMatch('shell one');
  });

  it('gives way to the one of the server, and so does what is not there', async () => {
    const { build, text, files } = setUp();
    const shell = build('one');
    await shell.install();
    files.set('/', 'shell two');
    expect(await text(shell.answer(page('/kitchen/napoli')))).toBe('shell two');
    files.delete('/');
    expect((await shell.answer(page('/kitchen/napoli')))?.status).toBe(404);
  });

  it.each([
    ['an answer of the API', asked('/api/kitchen/napoli/display')],
    ['a stream', asked('/api/kitchen/napoli/stream')],
    ['a command', asked('/assets/x.js', { method: 'POST' })],
    ['another origin', asked('https://elsewhere.example/assets/x.js')],
    ["the API's own pages", asked('/docs')],
  ])('has no part in %s', (_, request) => {
    expect(setUp().build('one').answer(request)).toBeUndefined();
  });

  it('is not taken from a server of another build, nor by halves', async () => {
    const { build, caches, files } = setUp();
    const shell = build('one');
    build('two');
    await expect(shell.install()).rejects.toThrow('another build');
    const third = build('three');
    files.delete('/assets/index-three.js');
    await expect(third.install()).rejects.toThrow();
    expect([...(caches.all.get('pizza-shell one') ?? [])]).toEqual([]);
  });

  it('is kept for one build more, for the pages that are open', async () => {
    const { build, caches, text } = setUp();
    caches.all.set('of somebody else', new Map());
    let shell = build('zero');
    for (const id of ['one', 'two', 'three']) {
      shell = build(id);
      await shell.install();
      await shell.tidy();
    }
    expect([...caches.all.keys()]).toEqual([
      'of somebody else',
      'pizza-shell two',
      'pizza-shell three',
    ]);
    expect(await text(shell.answer(asked('/assets/index-two.js')))).toBe('script two');
    expect((await shell.answer(asked('/assets/index-one.js')))?.status).toBe(404);
  });
});
