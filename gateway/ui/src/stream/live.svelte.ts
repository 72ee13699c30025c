/** A store as components read it: they are drawn again when it changes. */

import { createSubscriber } from 'svelte/reactivity';
import { sawVersion } from '../api/http';
import { clock } from '../time/now';
import { conditionOf, type Condition } from './condition';
import { browserDoor, knock } from './knock';
import { browserSharing, sharedTransport } from './sharing';
import type { Memory, Source } from './source';
import { StreamStore } from './store';
import { fetchTransport } from './transport';
import { followVisibility } from './visibility';

export class Live<E> {
  readonly store: StreamStore<E>;
  readonly #subscribe: () => void;
  readonly #unfollow: () => void;

  constructor(source: Source<E>, memory?: Memory<E>) {
    const transport = sharedTransport(fetchTransport, browserSharing());
    this.store = new StreamStore(source, { transport, clock, sawVersion, memory });
    this.#subscribe = createSubscriber((update) => this.store.subscribe(update));
    const unfollow = followVisibility(this.store);
    const endKnocking = knock(
      this.store,
      browserDoor(() => clock.now()),
    );
    this.#unfollow = () => {
      endKnocking();
      unfollow();
    };
    this.store.start();
  }

  /** The store; whoever reads it in a component follows it. */
  get current(): StreamStore<E> {
    this.#subscribe();
    return this.store;
  }

  condition(now: number, isOnline: boolean): Condition {
    return conditionOf(this.current, now, isOnline);
  }

  close(): void {
    this.#unfollow();
    this.store.stop();
  }
}
