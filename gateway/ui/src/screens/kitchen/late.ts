/** What opens over the lanes, fetched right behind them. */

export { default as Help } from './Help.svelte';
export { default as Recall } from './Recall.svelte';
export { default as Settings } from './Settings.svelte';
export { default as TicketMenu } from './TicketMenu.svelte';
