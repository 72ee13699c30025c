import { describe, expect, it } from 'vitest';
import { unreachable, type Problem } from '../../api/problem';
import { Basket } from './basket.svelte';
import { customerIdFrom, errorsByField, missing, orderOf } from './checkout';
import { refusalOf } from './refusal';

class MemoryStorage {
  readonly values = new Map<string, string>();
  getItem = (key: string) => this.values.get(key) ?? null;
  setItem = (key: string, value: string) => void this.values.set(key, value);
}

const HOUR = 3_600_000;

describe('a basket', () => {
  it('counts, and forgets what nobody wants', () => {
    const basket = new Basket('napoli', new MemoryStorage());
    basket.change('Margherita', 1);
    basket.change('Margherita', 1);
    basket.change('Funghi', 1);
    basket.change('Funghi', -1);
    basket.change('Diavola', -1);
    expect(basket.lines).toEqual([['Margherita', 2]]);
    basket.change('Margherita', 500);
    expect(basket.count).toBe(99);
  });

  it('replaces a line in place and keeps the quantity', () => {
    const basket = new Basket('napoli', new MemoryStorage());
    basket.change('Margherita', 2);
    basket.change('Funghi', 1);
    basket.change('Diavola', 1);
    basket.replace('Margherita', 'Diavola');
    expect(basket.lines).toEqual([
      ['Diavola', 3],
      ['Funghi', 1],
    ]);
  });

  it.each([
    [23 * HOUR, 1],
    [25 * HOUR, 0],
  ])('survives a reload, for a day: after %d ms', (later, count) => {
    const storage = new MemoryStorage();
    const basket = new Basket('napoli', storage, () => 0);
    basket.name = 'Anna';
    basket.change('Margherita', 1);
    expect(new Basket('napoli', storage, () => later).count).toBe(count);
    expect(new Basket('roma', storage, () => later).count).toBe(0);
  });

  it('begins empty where something else was stored', () => {
    for (const text of ['', '{', '7', '{"lines":3}', 'null']) {
      const storage = new MemoryStorage();
      storage.setItem('pizza.basket.napoli', text);
      expect(new Basket('napoli', storage).count).toBe(0);
    }
  });
});

describe('the checkout', () => {
  const filled = {
    lines: [['Margherita', 2]] as [string, number][],
    name: ' Zoë De Luca ',
    isOwn: false,
    phone: '',
    note: ' no  garlic\n',
    address: ' Via Roma 1\n 2nd floor ',
    door: undefined,
  };

  it('says what is missing', () => {
    expect(missing(filled)).toEqual({});
    expect(missing({ ...filled, address: ' ', door: { lat: 1, lon: 2 } })).toEqual({});
    const nothing = missing({ ...filled, lines: [], name: ' ? ', address: '' });
    expect(Object.keys(nothing)).toEqual(['items', 'name', 'address']);
  });

  it('makes an order of it', () => {
    expect(orderOf(filled, 'napoli')).toEqual({
      customerId: 'Zoe-De-Luca',
      customerName: 'Zoë De Luca',
      note: 'no garlic',
      restaurantId: 'napoli',
      items: [{ pizzaType: 'Margherita', quantity: 2 }],
      deliveryAddress: 'Via Roma 1 2nd floor',
    });
  });

  it.each([
    ['customer-1', 'customer-1'],
    ['<b>Anna</b>', 'b-Anna-b'],
    ['ß', ''],
    ['x'.repeat(200), 'x'.repeat(128)],
  ])('knows %s as %s', (name, id) => expect(customerIdFrom(name)).toBe(id));

  it('finds the field that a pointer names', () => {
    const at = (pointer: string) => ({ pointer, message: pointer });
    expect(
      errorsByField(
        ['/customerName', '/items/0/quantity', '/items', '/deliveryAddress', '/note'].map(at),
      ),
    ).toEqual({
      name: '/customerName',
      items: '/items/0/quantity',
      address: '/deliveryAddress',
      note: '/note',
    });
  });
});

describe('a refusal', () => {
  const recipe = (pizzaType: string, ...ingredients: string[]) => ({
    pizzaType,
    priceCents: 900,
    ingredients: ingredients.map((ingredient) => ({ ingredient, quantity: 1 })),
  });
  const menu = [recipe('Margherita', 'dough', 'mozzarella'), recipe('Marinara', 'dough', 'garlic')];
  const problem = (status: number, code: string, members = {}): Problem => ({
    ...unreachable(),
    status,
    code,
    members,
  });

  it('names the pizza, the ingredient and what could be had instead', () => {
    const rejected = problem(409, 'rejected', {
      reason: 'outOfStock',
      missing: [{ ingredient: 'mozzarella', quantity: 3 }],
      alternatives: ['Marinara'],
    });
    expect(refusalOf(rejected, ['Margherita', 'Marinara', 'Nuova'], menu)).toEqual({
      kind: 'lines',
      lines: [
        { pizzaType: 'Margherita', why: 'not enough mozzarella', alternatives: ['Marinara'] },
        { pizzaType: 'Nuova', why: 'it is not on the menu any more', alternatives: ['Marinara'] },
      ],
    });
  });

  it.each([
    [problem(409, 'rejected', { reason: 'closed' }), 'closed'],
    [problem(409, 'rejected', {}), 'other'],
    [problem(422, 'invalid'), 'fields'],
    [problem(500, 'actor-failed'), 'other'],
  ])('of another kind', (refused, kind) => {
    expect(refusalOf(refused, ['Margherita'], menu).kind).toBe(kind);
  });
});
