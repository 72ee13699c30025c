/** What the page of one type has below what serves, fetched right behind it. */

export { default as Actors } from './Actors.svelte';
export { default as AuditSection } from './AuditSection.svelte';
export { default as Confirm } from './Confirm.svelte';
export { default as PushPanel } from './PushPanel.svelte';
export { default as Versions } from './Versions.svelte';
