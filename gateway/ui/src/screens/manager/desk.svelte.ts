/** Everything behind the screen of one restaurant, for all its parts. */

import { Live } from '../../stream/live.svelte';
import { now } from '../../time/tick';
import { Actions } from './actions';
import { Known, sinceById, TOPICS, withOne, type Topic } from './known';
import type { BoardOrder, Position } from './model';
import { needsOf } from './needs';
import type { ColumnName } from './orders';
import { managerSource, type ManagerEntity } from './source';

class Signal {
  #count = $state(0);

  /** Whoever calls it in a component is drawn again with the next change. */
  follow(): void {
    void this.#count;
  }

  touch(): void {
    this.#count++;
  }
}

/** Under the pointer, on the board, on the map or in a list: the others show it, too. */
export interface Lit {
  driverId?: string | undefined;
  orderId?: string | undefined;
}

const NOTHING: ReadonlySet<string> = new Set<string>();

export class Desk {
  readonly live: Live<ManagerEntity>;
  readonly actions: Actions;
  readonly #known = new Known();
  readonly #signals = signals();
  lit = $state.raw<Lit>({});
  /** Put away on this screen, for what the server keeps no note of. */
  dismissed = $state.raw(NOTHING);

  readonly restaurant = $derived.by(() => this.#follow('restaurant').restaurant);
  readonly figures = $derived.by(() => this.#follow('figures').figures);
  readonly kitchen = $derived.by(() => this.#follow('kitchen').kitchen);
  readonly chefs = $derived.by(() => this.#follow('chefs').chefs);
  readonly drivers = $derived.by(() =>
    byName([...this.#follow('driver').drivers.values()], 'driverId'),
  );
  readonly stock = $derived.by(() =>
    byName([...this.#follow('stock').stock.values()], 'ingredient'),
  );
  /** The newest first. */
  readonly alerts = $derived.by(() =>
    [...this.#follow('alert').alerts.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)),
  );
  readonly late = $derived.by(() => this.#follow('late').late(now()));
  readonly lateIds = $derived(sinceById(this.late));
  readonly needs = $derived.by(() => {
    const { orders } = this.#follow('ready');
    return needsOf({
      now: now(),
      late: this.late,
      ready: orders.oldest('ready'),
      drivers: this.drivers,
      stock: this.stock,
      alerts: this.alerts,
      kitchen: this.kitchen,
      ended: orders.ended(),
      dismissed: this.dismissed,
    });
  });

  constructor(readonly restaurantId: string) {
    this.live = new Live(managerSource(restaurantId));
    this.actions = new Actions(restaurantId);
    const { store } = this.live;
    store.subscribe((changed) => {
      for (const topic of this.#known.take(changed, store.entities)) this.#signals[topic].touch();
    });
  }

  get underWay(): number {
    return this.#follow('orders').orders.underWay;
  }

  column(name: ColumnName, most?: number): BoardOrder[] {
    return this.#follow(name).orders.oldest(name, most);
  }

  count(name: ColumnName): number {
    return this.#follow(name).orders.count(name);
  }

  open(): BoardOrder[] {
    return [...this.#follow('orders').orders.open()];
  }

  order(orderId: string): BoardOrder | undefined {
    return this.#follow('orders').orders.get(orderId);
  }

  /** As it is known now, to whoever does not follow it. */
  peek(orderId: string): BoardOrder | undefined {
    return this.#known.orders.get(orderId);
  }

  position(driverId: string): Position | undefined {
    return this.#follow('position').positions.get(driverId);
  }

  versionOf(order: BoardOrder): number {
    return this.#known.versionOf(order);
  }

  dismiss(key: string): void {
    this.dismissed = withOne(this.dismissed, key);
  }

  close(): void {
    this.live.close();
  }

  #follow(topic: Topic): Known {
    this.#signals[topic].follow();
    return this.#known;
  }
}

function signals(): Record<Topic, Signal> {
  const entries = TOPICS.map((topic) => [topic, new Signal()]);
  return Object.fromEntries(entries) as Record<Topic, Signal>;
}

function byName<K extends string, T extends Record<K, string>>(things: T[], key: K): T[] {
  return things.sort((a, b) => a[key].localeCompare(b[key], 'en', { numeric: true }));
}
