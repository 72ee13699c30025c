/** At build time: tells the service worker which files the screens are that it keeps. */

import { createHash } from 'node:crypto';
import type { Plugin, Rolldown } from 'vite';

const ENTRY = 'index.html';
export const WORKER = 'service-worker';
/** The screens that go on without a network; the rest of a tablet's memory is not ours. */
const KEPT = /screens\/(kitchen|drive)\//;
const SCREEN = /screens\//;

type Chunk = Rolldown.OutputChunk;

export function offlineShell(): Plugin {
  return {
    name: 'offline-shell',
    apply: 'build',
    // The page is written at the end, and belongs to what is kept.
    enforce: 'post',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
      const entry = chunks.find(({ isEntry, name }) => isEntry && name !== WORKER);
      const worker = chunks.find(({ name }) => name === WORKER);
      const page = bundle[ENTRY];
      if (!entry || !worker || page?.type !== 'asset') throw new Error('no page, or no worker');
      // A worker that imports anything would have to be kept itself.
      if (worker.imports.length > 0) throw new Error(`${WORKER} imports ${worker.imports.join()}`);
      const files = [...filesOf(entry, chunks)].sort();
      for (const { type, fileName } of Object.values(bundle)) {
        if (type === 'asset' && fileName.endsWith('.svg')) files.push(fileName);
      }
      const id = createHash('sha256').update(files.join()).update(page.source).digest('hex');
      const paths = files.map((file) => `/${file}`);
      const shell = { id: id.slice(0, 12), entry: `/${entry.fileName}`, files: paths };
      worker.code = `self.PIZZA_SHELL=${JSON.stringify(shell)};\n${worker.code}`;
    },
  };
}

/** What a chunk needs at once, and whatever it may fetch later but the screens that are not kept. */
function filesOf(chunk: Chunk, all: Chunk[], seen = new Set<string>()): Set<string> {
  if (seen.has(chunk.fileName)) return seen;
  seen.add(chunk.fileName);
  for (const css of chunk.viteMetadata?.importedCss ?? []) seen.add(css);
  for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
    const next = all.find(({ fileName }) => fileName === name);
    const id = next?.facadeModuleId ?? '';
    const isLeft = chunk.isEntry && SCREEN.test(id) && !KEPT.test(id);
    if (next && !isLeft) filesOf(next, all, seen);
  }
  return seen;
}
