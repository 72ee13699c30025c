/** What is not urgent, fetched right behind what is. */

export { default as AlertHistory } from './AlertHistory.svelte';
export { default as Figures } from './Figures.svelte';
export { default as MapPanel } from './MapPanel.svelte';
export { default as OpenSwitch } from './OpenSwitch.svelte';
export { default as OrderList } from './OrderList.svelte';
export { default as OrderPanel } from './OrderPanel.svelte';
export { default as People } from './People.svelte';
export { default as RestaurantSwitch } from './RestaurantSwitch.svelte';
export { default as Stock } from './Stock.svelte';
