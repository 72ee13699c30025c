/** What the overview has further down, fetched right behind it. */

export { default as DeadLetters } from './DeadLetters.svelte';
export { default as Plugins } from './Plugins.svelte';
export { default as PushNew } from './PushNew.svelte';
export { default as Streams } from './Streams.svelte';
