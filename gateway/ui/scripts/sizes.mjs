// Prints what each screen loads before it can be used, and fails when a budget is broken.
//
// A screen costs the entry, its own chunk, and whatever both import at once; what a screen
// fetches later, as the map, counts apart.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.env.PIZZA_UI_OUT ?? join(root, 'dist');
const manifest = JSON.parse(readFileSync(join(out, '.vite', 'manifest.json'), 'utf8'));

const ENTRY = 'index.html';
/** Kilobytes, gzip. */
const BUDGETS = {
  'screens/start/Start.svelte': 25,
  'screens/order/Order.svelte': 45,
  'screens/track/Track.svelte': 45,
  'screens/kitchen/Kitchen.svelte': 60,
  'screens/drive/Drive.svelte': 50,
  'screens/manager/Manager.svelte': 75,
  'screens/operate/Operate.svelte': 70,
  'screens/sign-in/SignIn.svelte': 45,
  'screens/not-found/NotFound.svelte': 25,
};
const MAP = { chunk: 'src/map/CityMap.svelte', budget: 55 };
const WHOLE_SCREEN = 150;

const gzip = (file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length;

/** The files that a chunk needs at once, and with `whole` those that it may fetch later, too. */
function files(key, whole = false, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(key)) return new Set();
  seen.add(key);
  const found = new Set([chunk.file, ...(chunk.css ?? [])]);
  // The entry may fetch every screen, of which this is one.
  const later = whole && key !== ENTRY ? (chunk.dynamicImports ?? []) : [];
  const next = [...(chunk.imports ?? []), ...later];
  for (const other of next) for (const file of files(other, whole, seen)) found.add(file);
  return found;
}

const common = files(ENTRY);
const kilobytes = (set) => [...set].reduce((sum, file) => sum + gzip(file), 0) / 1024;

const rows = [];
let isBroken = false;
function row(what, size, budget) {
  const isOver = size > budget;
  isBroken ||= isOver;
  rows.push({ what, 'KB gzip': size.toFixed(1), budget, verdict: isOver ? 'OVER' : 'ok' });
}

for (const [screen, budget] of Object.entries(BUDGETS)) {
  const key = `src/${screen}`;
  if (!manifest[key]) throw new Error(`${key} is not among the built chunks`);
  const first = new Set([...common, ...files(key)]);
  row(screen, kilobytes(first), budget);
  const whole = new Set([...common, ...files(key, true)]);
  row(`${screen}, with all it may fetch`, kilobytes(whole), WHOLE_SCREEN);
}
const map = [...files(MAP.chunk)].filter((file) => !common.has(file));
row('the map', kilobytes(map), MAP.budget);
console.table(rows);
console.log(`common to all: ${kilobytes(common).toFixed(1)} KB`);
if (isBroken) process.exitCode = 1;
