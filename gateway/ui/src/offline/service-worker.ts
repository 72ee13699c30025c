/** Runs beside the pages, by itself: what it does is in `shell.ts`. */

import { Shell, type ShellBuild } from './shell';

/** What of the worker's world is used here; its own types and those of pages exclude each other. */
interface WorkerScope {
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  caches: CacheStorage;
  location: Location;
  /** Written in front of this script by the build. */
  PIZZA_SHELL: ShellBuild;
}

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetching extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

const scope = self as unknown as WorkerScope;
const shell = new Shell(scope.PIZZA_SHELL, {
  caches: scope.caches,
  fetch: (request, init) => fetch(request, init),
  origin: scope.location.origin,
});

scope.addEventListener('install', (event) => {
  // At once, for it knows the files of the build before, too.
  event.waitUntil(shell.install().then(() => scope.skipWaiting()));
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(shell.tidy().then(() => scope.clients.claim()));
});

scope.addEventListener('fetch', (event) => {
  const answer = shell.answer(event.request);
  if (answer) event.respondWith(answer);
});
