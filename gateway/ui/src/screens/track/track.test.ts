import { describe, expect, it } from 'vitest';
import type { OrderStatus, Step } from '../../api/model';
import type { StreamEvent } from '../../stream/source';
import { Arrival } from './arrival';
import { freshness, whereabouts } from './driver';
import { lineOf, remakesOf, sentence } from './progress';
import { changesOf, type TrackedOrder } from './source';

const MINUTE = 60_000;
const EIGHT = Date.UTC(2026, 0, 1, 20);
const at = (minutes: number) => new Date(EIGHT + minutes * MINUTE).toISOString();

const order = (status: OrderStatus, more: Partial<TrackedOrder> = {}): TrackedOrder => ({
  orderId: 'o',
  customerId: 'c',
  restaurantId: 'napoli',
  items: [],
  totalCents: 890,
  status,
  remakes: 0,
  late: false,
  refund: false,
  createdAt: at(0),
  updatedAt: at(30),
  version: 9,
  ...more,
});

const steps = (...moves: OrderStatus[]): Step[] =>
  moves.map((to, index) => {
    const from = moves[index - 1];
    return { version: index + 1, at: at(index), to, ...(from && { from }) };
  });

describe('the arrival', () => {
  it('is a range before somebody drives, and minutes afterwards', () => {
    const arrival = new Arrival();
    expect(arrival.words(EIGHT, 'UTC')).toBeUndefined();
    arrival.update('preparing', EIGHT + 42 * MINUTE);
    expect(arrival.words(EIGHT, 'UTC')).toEqual({ main: '20:35 – 20:50', detail: '', note: '' });
    arrival.update('outForDelivery', EIGHT + 41 * MINUTE);
    expect(arrival.words(EIGHT + 34 * MINUTE, 'UTC')).toEqual({
      main: 'about 7 min',
      detail: 'at 20:41',
      note: '',
    });
    expect(arrival.words(EIGHT + 45 * MINUTE, 'UTC')?.main).toBe('Any moment now');
  });

  it('does not fidget, and says when it moved', () => {
    const arrival = new Arrival();
    arrival.update('outForDelivery', EIGHT + 10 * MINUTE);
    arrival.update('outForDelivery', EIGHT + 11.9 * MINUTE);
    expect(arrival.words(EIGHT, 'UTC')).toMatchObject({ main: 'about 10 min', note: '' });
    arrival.update('outForDelivery', EIGHT + 12.1 * MINUTE);
    expect(arrival.words(EIGHT, 'UTC')).toMatchObject({
      main: 'about 13 min',
      note: 'A little later than we said.',
    });
    arrival.update('outForDelivery', EIGHT + 5 * MINUTE);
    expect(arrival.words(EIGHT, 'UTC')?.note).toBe('A little earlier than we said.');
  });

  it('does not promise a time that is over', () => {
    const arrival = new Arrival();
    arrival.update('baking', EIGHT);
    expect(arrival.words(EIGHT + 30 * MINUTE, 'UTC')?.main).toBe('As soon as it is ready');
  });
});

describe('the steps', () => {
  it('have their times, and one of them is the current one', () => {
    const line = lineOf('baking', steps('created', 'preparing', 'baking'));
    expect(line.map(({ state }) => state)).toEqual(['done', 'done', 'current', 'ahead', 'ahead']);
    expect(line[2]?.at).toBe(EIGHT + 2 * MINUTE);
    expect(line[3]?.at).toBeUndefined();
  });

  it('go back for a remake', () => {
    const taken = steps('created', 'preparing', 'baking', 'preparing');
    const line = lineOf('preparing', taken);
    expect(line.map(({ state }) => state)).toEqual(['done', 'current', 'ahead', 'ahead', 'ahead']);
    expect(line[1]?.at).toBe(EIGHT + 3 * MINUTE);
    expect(line[2]?.at).toBeUndefined();
    expect(remakesOf(order('preparing'), taken)).toBe(1);
    expect(sentence(order('preparing'), taken, 'UTC')).toBe('Being made again');
  });

  it('are all done at the end, or as far as it came', () => {
    const done = (status: OrderStatus, taken: Step[]) =>
      lineOf(status, taken).filter(({ state }) => state === 'done').length;
    expect(done('delivered', [])).toBe(5);
    expect(done('cancelled', steps('created', 'preparing', 'cancelled'))).toBe(2);
    expect(done('rejected', steps('rejected'))).toBe(0);
  });

  it('say when it was delivered, with and without a history', () => {
    expect(sentence(order('delivered'), [], 'UTC')).toBe('Delivered at 20:30');
    expect(sentence(order('delivered'), steps('created', 'delivered'), 'UTC')).toBe(
      'Delivered at 20:01',
    );
  });
});

describe('the driver', () => {
  it.each([
    [19_000, 'fresh'],
    [21_000, 'stale'],
    [120_000, 'silent'],
  ])('after %d ms is %s', (age, kind) => expect(freshness(age)).toBe(kind));

  it.each([
    [30, 0, 'The driver is less than 50 m from your door, as the crow flies.'],
    [620, 0, 'The driver is 600 m from your door, as the crow flies.'],
    [1_240, 0, 'The driver is 1.2 km from your door, as the crow flies.'],
    [620, 25_000, 'The driver was last seen 25 s ago.'],
    [620, 180_000, "The driver's phone is silent: last seen 3 min ago."],
  ])('%d m away, %d ms ago', (metres, age, words) => {
    expect(whereabouts(metres, age)).toBe(words);
  });
});

describe('an event of an order', () => {
  const event = (name: string, data: object): StreamEvent => ({
    name,
    id: '4',
    data: JSON.stringify({ orderId: 'o', version: 4, at: at(4), late: false, ...data }),
  });

  it('is a change and a step', () => {
    const [change, step] = changesOf(
      event('status', { from: 'preparing', status: 'baking', by: 'chef/napoli.1' }),
    );
    expect(change).toMatchObject({ key: 'order', version: 4, fields: { status: 'baking' } });
    expect(change?.fields).not.toHaveProperty('driverAt');
    expect(step).toMatchObject({ key: 'step/4', fields: { from: 'preparing', to: 'baking' } });
  });

  it('tells when the driver was where', () => {
    const changes = changesOf(
      event('driver', { status: 'outForDelivery', driverLocation: { lat: 1, lon: 2 } }),
    );
    expect(changes.length).toBe(1);
    expect(changes[0]?.fields).toMatchObject({ driverAt: at(4) });
  });

  it('of another kind or form is nothing', () => {
    expect(changesOf(event('end', {}))).toEqual([]);
    expect(changesOf({ name: 'status', id: '1', data: '{' })).toEqual([]);
  });
});
