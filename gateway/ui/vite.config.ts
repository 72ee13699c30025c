import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { WORKER, offlineShell } from './src/offline/bundle';

const gateway = process.env['PIZZA_GATEWAY'] ?? 'http://localhost:5000';
// The gateway refuses commands whose origin is not its own, so the proxy speaks in its name.
const toGateway = { target: gateway, changeOrigin: true, headers: { origin: gateway } };
const proxy = { '/api': toGateway, '/openapi.json': toGateway, '/docs': toGateway };

// Parts of the framework that the first picture does without. They lie behind one index module, by
// which the bundler would take them for common to all.
const later =
  /svelte.src.internal.client.dom.(blocks.each|elements.(attachments|bindings.(input|select|size|window)))/;

export default defineConfig({
  plugins: [svelte(), offlineShell()],
  publicDir: false,
  server: { proxy, fs: { allow: ['../..'] } },
  preview: { proxy },
  build: {
    outDir: process.env['PIZZA_UI_OUT'] ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The first browsers that know `light-dark`, on which the tokens of the colours stand.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing is inlined: the policy of the pages has no room for it, and the preload helper
    // would only be for browsers that the target leaves out.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', [WORKER]: 'src/offline/service-worker.ts' },
      treeshake: { moduleSideEffects: [{ test: later, sideEffects: false }] },
      output: {
        // A worker is found by its name, at the top, where it may answer for all pages.
        entryFileNames: ({ name }) => (name === WORKER ? '[name].js' : 'assets/[name]-[hash].js'),
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: 'fields',
              test: /svelte.src.internal.client.dom.elements.bindings.(select|size)/,
            },
            { name: 'lists', test: later },
            // Every screen asks the server and its clock: one file, and not one for each.
            { name: 'server', test: /src.(api.(http|problem)|time.(clock|now))\.ts/ },
          ],
        },
      },
    },
    manifest: true,
    reportCompressedSize: false,
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
