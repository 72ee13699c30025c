/** Parts of the frame that nobody needs for the first picture, fetched right behind it. */

export { default as ConnectionBanner } from './ConnectionBanner.svelte';
export { default as ThemeSwitch } from './ThemeSwitch.svelte';
