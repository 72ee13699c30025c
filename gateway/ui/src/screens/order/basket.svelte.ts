/** What somebody is about to order. It survives a reload, for a day. */

import type { Location, NewOrder, Recipe } from '../../api/model';

const DAY_MS = 24 * 60 * 60_000;
export const QUANTITY_MAX = 99;

/** An order that was sent and not answered before the page went away. */
export interface PendingOrder {
  key: string;
  body: NewOrder;
  /** Somebody has stopped it while nobody knew what had become of it. */
  isStopped?: boolean;
}

interface Stored {
  savedAt: number;
  lines: [string, number][];
  name: string;
  phone: string;
  note: string;
  address: string;
  door: Location | null;
  pending: PendingOrder | null;
}

export interface Line {
  pizzaType: string;
  quantity: number;
  /** `undefined` for what is not on the menu any more. */
  priceCents: number | undefined;
}

export class Basket {
  lines = $state<[pizzaType: string, quantity: number][]>([]);
  name = $state('');
  phone = $state('');
  note = $state('');
  address = $state('');
  door = $state.raw<Location | undefined>();
  pending = $state.raw<PendingOrder | undefined>();

  constructor(
    private readonly restaurantId: string,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined = usableStorage(),
    private readonly localTime: () => number = machineTime,
  ) {
    this.#restore();
  }

  get count(): number {
    return this.lines.reduce((sum, [, quantity]) => sum + quantity, 0);
  }

  quantityOf(pizzaType: string): number {
    return this.lines.find(([type]) => type === pizzaType)?.[1] ?? 0;
  }

  change(pizzaType: string, by: number): void {
    const line = this.lines.find(([type]) => type === pizzaType);
    if (line) line[1] = Math.min(line[1] + by, QUANTITY_MAX);
    else if (by > 0) this.lines.push([pizzaType, by]);
    this.lines = this.lines.filter(([, quantity]) => quantity > 0);
    this.save();
  }

  /** In place, with the quantity kept; what is there already becomes more. */
  replace(pizzaType: string, by: string): void {
    const quantity = this.quantityOf(pizzaType);
    const rest = Math.min(quantity + this.quantityOf(by), QUANTITY_MAX);
    this.lines = this.lines
      .filter(([type]) => type !== by)
      .map(([type, count]) => (type === pizzaType ? [by, rest] : [type, count]));
    this.save();
  }

  priced(menu: Recipe[]): Line[] {
    return this.lines.map(([pizzaType, quantity]) => ({
      pizzaType,
      quantity,
      priceCents: menu.find((recipe) => recipe.pizzaType === pizzaType)?.priceCents,
    }));
  }

  /** After an order: the next one begins empty, from the same person. */
  clear(): void {
    this.lines = [];
    this.note = '';
    this.pending = undefined;
    this.save();
  }

  save(): void {
    const stored: Stored = {
      savedAt: this.localTime(),
      lines: this.lines.map(([pizzaType, quantity]) => [pizzaType, quantity]),
      name: this.name,
      phone: this.phone,
      note: this.note,
      address: this.address,
      door: this.door ?? null,
      pending: this.pending ?? null,
    };
    try {
      this.storage?.setItem(keyOf(this.restaurantId), JSON.stringify(stored));
    } catch {
      // Without room it lasts as long as the page.
    }
  }

  #restore(): void {
    const stored = parse(this.storage?.getItem(keyOf(this.restaurantId)));
    if (!stored || this.localTime() - stored.savedAt > DAY_MS) return;
    this.lines = stored.lines;
    this.name = stored.name;
    this.phone = stored.phone;
    this.note = stored.note;
    this.address = stored.address;
    this.door = stored.door ?? undefined;
    this.pending = stored.pending ?? undefined;
  }
}

/** Good enough for a day, and it is compared with itself alone. */
const machineTime = () => performance.timeOrigin + performance.now();

const keyOf = (restaurantId: string) => `pizza.basket.${restaurantId}`;

function usableStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** Also what an older version of this page has left. */
function parse(text: string | null | undefined): Stored | undefined {
  try {
    const stored = JSON.parse(text ?? 'null') as Stored | null;
    const isFit = Array.isArray(stored?.lines) && typeof stored.savedAt === 'number';
    if (!isFit) return undefined;
    const { name = '', phone = '', note = '', address = '' } = stored as Partial<Stored>;
    return { ...stored, name, phone, note, address };
  } catch {
    return undefined;
  }
}
