/** What there is to do once somebody is on duty, and what opens over it: fetched right behind the page. */

export { default as OfferSheet } from './OfferSheet.svelte';
export { default as ToDoor } from './ToDoor.svelte';
export { default as ToRestaurant } from './ToRestaurant.svelte';
export { default as TroubleDialog } from './TroubleDialog.svelte';
export { default as Waiting } from './Waiting.svelte';
