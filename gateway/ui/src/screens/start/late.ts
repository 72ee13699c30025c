/** What of the start page can follow the first words: it waits for answers of the server anyway. */

export { default as City } from './City.svelte';
export { default as Figures } from './Figures.svelte';
export { default as ScreenLinks } from './ScreenLinks.svelte';
export { default as SimulationSwitch } from './SimulationSwitch.svelte';
export { default as SmallPrint } from './SmallPrint.svelte';
export { Poll } from './poll.svelte';
