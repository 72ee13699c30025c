/**
 * What the service worker does: it keeps the page itself, so that a reload without a network works.
 * Answers of the API are none of its business, for nobody shall take old ones for new.
 */

/** What a build leaves for its worker. */
export interface ShellBuild {
  /** Changes whenever one of the files does. */
  id: string;
  /** The script that the shell begins with, by which a shell of another build is known. */
  entry: string;
  files: string[];
}

export interface ShellEnvironment {
  caches: Pick<CacheStorage, 'open' | 'keys' | 'delete' | 'match'>;
  fetch: (request: Request | string, init?: RequestInit) => Promise<Response>;
  origin: string;
}

/** Every address of a screen is answered with it. */
const SHELL = '/';
const ASSETS = '/assets/';
const PREFIX = 'pizza-shell ';
/** The build before this one is kept for its pages, which are still open and fetch parts of theirs. */
const BUILDS_KEPT = 2;
/** A network that says nothing for so long is none. */
export const PATIENCE_MS = 3_000;

export class Shell {
  readonly #name: string;

  constructor(
    private readonly build: ShellBuild,
    private readonly environment: ShellEnvironment,
  ) {
    this.#name = PREFIX + build.id;
  }

  /**
   * Fetches the whole build.
   *
   * @throws when a part of it cannot be had; then the worker before goes on with its own
   */
  async install(): Promise<void> {
    const { caches, fetch } = this.environment;
    const shell = await fetch(SHELL, { cache: 'reload' });
    const text = await shell.clone().text();
    // Behind one address there may be servers of two builds while one replaces the other.
    if (!shell.ok || !text.includes(this.build.entry)) throw new Error('a shell of another build');
    const cache = await caches.open(this.#name);
    await Promise.all([cache.put(SHELL, shell), cache.addAll(this.build.files)]);
  }

  /** Forgets the builds of which no page can be open any more. */
  async tidy(): Promise<void> {
    const { caches } = this.environment;
    const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
    // In the order in which they were made; this one may have been made before, and come back.
    const others = ours.filter((name) => name !== this.#name);
    const old = others.slice(0, Math.max(0, others.length - (BUILDS_KEPT - 1)));
    await Promise.all(old.map((name) => caches.delete(name)));
  }

  /** @returns `undefined` for what is left to the browser, as all requests to the API */
  answer(request: Request): Promise<Response> | undefined {
    const url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== this.environment.origin) return undefined;
    if (request.mode === 'navigate') return this.#page(request);
    return url.pathname.startsWith(ASSETS) ? this.#asset(request) : undefined;
  }

  /** From the network if there is one, so that nobody sees an old build for longer than necessary. */
  async #page(request: Request): Promise<Response> {
    const { caches, fetch } = this.environment;
    const asked = fetch(request);
    // Whoever is late is not listened to, and need not complain.
    asked.catch(() => undefined);
    const answer = await Promise.race([asked.catch(() => undefined), late()]);
    // A proxy in front of a server that is away says so.
    if (answer && answer.status < 500) return answer;
    const cache = await caches.open(this.#name);
    return (await cache.match(SHELL)) ?? answer ?? asked;
  }

  /** Its name says what is in it, so that one from the cache is as good as any. */
  async #asset(request: Request): Promise<Response> {
    const { caches, fetch } = this.environment;
    return (await caches.match(request)) ?? fetch(request);
  }
}

function late(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
}
