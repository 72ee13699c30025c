import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const gateway = process.env['PIZZA_GATEWAY'] ?? 'http://localhost:5000';
// The gateway refuses commands whose origin is not its own, so the proxy speaks in its name.
const toGateway = { target: gateway, changeOrigin: true, headers: { origin: gateway } };
const proxy = { '/api': toGateway, '/openapi.json': toGateway, '/docs': toGateway };

// Parts of the framework that the first picture does without. They lie behind one index module, by
// which the bundler would take them for common to all.
const later =
  /svelte.src.internal.client.dom.(blocks.each|elements.bindings.(input|select|size|window))/;

export default defineConfig({
  plugins: [svelte()],
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
      treeshake: { moduleSideEffects: [{ test: later, sideEffects: false }] },
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: 'lists', test: later }],
        },
      },
    },
    manifest: true,
    reportCompressedSize: false,
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
