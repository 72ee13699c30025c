/** Everything behind the screen of one kitchen, for all its parts. */

import { createSubscriber } from 'svelte/reactivity';
import { commands } from '../../command/commands';
import { Live } from '../../stream/live.svelte';
import { clock } from '../../time/now';
import { Actions } from './actions';
import { StoredTaps } from './keeper';
import { byId, forgettable, lanesOf } from './lanes';
import type { Ticket } from './model';
import { kitchenSource, viewOf, type KitchenEntity } from './source';
import { Sound } from './sound.svelte';
import { Taps } from './taps';

/** So many things are held before those that left long ago are looked for. */
const MANY = 300;

export class Desk {
  readonly live: Live<KitchenEntity>;
  readonly actions: Actions;
  readonly sound = new Sound();
  readonly #keeper = new StoredTaps();
  readonly #taps: Taps;
  readonly #followTaps: () => void;
  readonly view = $derived.by(() => viewOf(this.live.current.entities.entries()));
  readonly lanes = $derived.by(() => lanesOf(this.view.tickets, this.view.advice));
  readonly byId = $derived(byId(this.view.tickets));
  /** Whose menu is open. */
  chosen = $state<string | undefined>();

  constructor(readonly kitchenId: string) {
    this.live = new Live(kitchenSource(kitchenId));
    this.actions = new Actions(kitchenId);
    this.#taps = new Taps({
      send: (spec) => commands.send(spec),
      now: () => clock.now(),
      ticket: (orderId) => this.ticket(orderId),
      putBack: (orderId) => this.actions.putBack(orderId),
      kitchenId,
      keeper: this.#keeper,
    });
    void this.#taps.restore();
    this.#followTaps = createSubscriber((update) => this.#taps.subscribe(update));
  }

  /** Whoever reads it in a component follows it. */
  get taps(): Taps {
    this.#followTaps();
    return this.#taps;
  }

  /** As it is known now, to what is no component. */
  ticket(orderId: string): Ticket | undefined {
    const entity = this.live.store.entities.get(`ticket/${orderId}`)?.value;
    return entity?.kind === 'ticket' ? entity.ticket : undefined;
  }

  /** What would be lost with the page. */
  get wouldLose(): boolean {
    return this.#keeper.isBroken && this.#taps.open.kept > 0;
  }

  /** A screen that stands for weeks does not remember each order of them. */
  tidy(): void {
    const { entities } = this.live.store;
    if (entities.size < MANY) return;
    for (const { orderId } of forgettable(this.view.tickets)) entities.drop(`ticket/${orderId}`);
  }

  close(): void {
    this.#taps.flush();
    this.live.close();
    this.sound.close();
  }
}
