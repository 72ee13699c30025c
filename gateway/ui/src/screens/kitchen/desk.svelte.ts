/** Everything behind the screen of one kitchen, for all its parts. */

import { createSubscriber } from 'svelte/reactivity';
import { commands } from '../../command/commands';
import { storedCommands, storedStream } from '../../keep/stored';
import { Live } from '../../stream/live.svelte';
import { clock } from '../../time/now';
import { announcer } from '../../frame/announce.svelte';
import { frame } from '../../frame/frame.svelte';
import { network } from '../../frame/network.svelte';
import { keepScreen, type Kept } from '../../offline/register';
import { now } from '../../time/tick';
import { timeOfDay } from '../../time/words';
import { Actions } from './actions';
import { grouped, openAlarms, type Alarm } from './alarms';
import { byId, forgettable, lanesOf } from './lanes';
import type { Ticket } from './model';
import { kitchenSource, viewOf, type KitchenEntity } from './source';
import { Sound } from '../../device/sound.svelte';
import { Taps } from './taps';

/** So many things are held before those that left long ago are looked for. */
const MANY = 300;

export class Desk {
  readonly live: Live<KitchenEntity>;
  readonly actions: Actions;
  readonly sound = new Sound('kitchen');
  readonly #memory;
  readonly #taps: Taps;
  readonly #followTaps: () => void;
  readonly view = $derived.by(() => viewOf(this.live.current.entities.entries()));
  readonly lanes = $derived.by(() => lanesOf(this.view.tickets, this.view.advice));
  readonly byId = $derived(byId(this.view.tickets));
  /** Alerts that somebody here has seen, before the server knows. */
  #seen = $state.raw<readonly number[]>([]);
  readonly alarms = $derived(grouped(openAlarms(this.view.alerts, this.#seen)));
  /** Whose menu is open. */
  chosen = $state<string | undefined>();
  /** What had the focus in a card that goes to another lane. */
  focused: { orderId: string; part: string } | undefined;
  /** What happened while nobody could see it. */
  summary = $state('');
  /** Whether this screen opens without a network. */
  kept = $state<Kept | undefined>();
  /** Of when it is what is shown, where that is not now. */
  readonly asOf = $derived.by(() => {
    const { kind } = this.live.condition(now(), network.isOnline);
    if (kind === 'live' || kind === 'quiet') return undefined;
    return timeOfDay(this.live.current.lastSignAt ?? now(), frame.timeZone, true);
  });

  constructor(readonly kitchenId: string) {
    const source = kitchenSource(kitchenId);
    this.#memory = storedStream<KitchenEntity>(source.url);
    this.live = new Live(source, this.#memory);
    this.actions = new Actions(kitchenId);
    this.#taps = new Taps({
      send: (spec) => commands.send(spec),
      now: () => clock.now(),
      ticket: (orderId) => this.ticket(orderId),
      putBack: (orderId) => this.actions.putBack(orderId),
      keeper: storedCommands(`kitchen/${kitchenId}`),
    });
    void this.#taps.restore();
    void keepScreen('/kitchen/').then((kept) => (this.kept = kept));
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

  /** Somebody here has seen it: it is silent at once, and again to be seen if that was refused. */
  see({ ids }: Alarm): void {
    const before = this.#seen;
    const fresh = ids.filter((id) => !before.includes(id));
    this.#seen = [...before, ...fresh];
    for (const id of fresh) {
      const command = this.taps.send('Seen', this.actions.see(id));
      void command.settled.then(() => {
        if (command.status === 'refused') this.#seen = this.#seen.filter((one) => one !== id);
      });
    }
  }

  summarize(summary: string): void {
    this.summary = summary;
    announcer.say(summary);
  }

  /** What would be lost with the page. */
  get wouldLose(): boolean {
    return this.#taps.wouldLose;
  }

  /** A screen that stands for weeks does not remember each order of them. */
  tidy(): void {
    const { entities } = this.live.store;
    if (entities.size < MANY) return;
    for (const { orderId } of forgettable(this.view.tickets)) entities.drop(`ticket/${orderId}`);
  }

  /** The page goes: what is held back for an undo, or to be written, does not go with it. */
  flush(): void {
    this.#taps.flush();
    this.#memory.flush();
  }

  close(): void {
    this.flush();
    this.live.close();
    this.sound.close();
  }
}
