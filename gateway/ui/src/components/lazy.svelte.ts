/** A component that is fetched after the page that shows it. */

import type { Component } from 'svelte';

type Load<P extends Record<string, unknown>> = () => Promise<{ default: Component<P> }>;

export class Lazy<P extends Record<string, unknown>> {
  component = $state.raw<Component<P> | undefined>();
  hasFailed = $state(false);

  constructor(load: Load<P>) {
    load().then(
      ({ default: component }) => (this.component = component),
      () => (this.hasFailed = true),
    );
  }
}
