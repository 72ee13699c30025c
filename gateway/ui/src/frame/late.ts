/** Parts of the frame that nobody needs for the first picture, fetched right behind it. */

export { default as BrokenPart } from '../components/BrokenPart.svelte';
export { default as ConnectionBanner } from './ConnectionBanner.svelte';
export { default as ConnectionLight } from './ConnectionLight.svelte';
export { default as ThemeSwitch } from './ThemeSwitch.svelte';
