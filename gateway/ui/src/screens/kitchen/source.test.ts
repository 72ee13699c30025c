import { describe, expect, it } from 'vitest';
import { Entities } from '../../stream/entities';
import { at, ticketOf } from './fixtures';
import { lanesOf } from './lanes';
import type { Display, Ticket } from './model';
import { adviceIn, changesOf, entitiesOf, viewOf, type KitchenEntity } from './source';

function displayOf(more: Partial<Display> = {}): Display {
  return {
    position: 10,
    serverTime: at(0),
    status: {
      ...{ kitchenId: 'napoli', pending: 0, active: 0, availableChefs: 0 },
      ...{ ovens: [], alerts: [] },
    },
    ...{ stations: [], queue: [], active: [], ready: [] },
    ...more,
  };
}

const told = (id: number, ticket: Ticket) =>
  changesOf({ name: 'ticket', id: String(id), data: JSON.stringify({ at: at(0), ticket }) });

function held(display: Display) {
  const entities = new Entities<KitchenEntity>();
  entities.replaceAll(entitiesOf(display));
  const apply = (id: number, ticket: Ticket) =>
    told(id, ticket).forEach((change) => entities.apply(change));
  const tickets = () => viewOf(entities.entries()).tickets;
  return { apply, tickets };
}

describe("a kitchen's stream", () => {
  it('replaces a ticket of the same version, which may be in other hands', () => {
    const { apply, tickets } = held(displayOf({ queue: [ticketOf('a', { place: 1 })] }));
    apply(11, ticketOf('a', { chefId: 'napoli.1' }));
    expect(tickets()).toEqual([ticketOf('a', { chefId: 'napoli.1' })]);
  });

  it('drops what is older than the display, although it is told after it', () => {
    const baking = ticketOf('a', { status: 'baking', version: 3 });
    const { apply, tickets } = held(displayOf({ active: [baking] }));
    apply(11, ticketOf('a', { status: 'preparing', version: 2 }));
    expect(tickets()).toEqual([baking]);
  });

  it('draws an order once that is in two lists', () => {
    const { tickets } = held(
      displayOf({
        active: [ticketOf('a', { status: 'baking', version: 3 })],
        ready: [ticketOf('a', { status: 'ready', version: 4 })],
      }),
    );
    expect(tickets().map(({ status }) => status)).toEqual(['ready']);
  });

  it('tells chefs, ovens and alerts apart, and skips what nobody knows', () => {
    const event = (name: string, data: unknown) =>
      changesOf({ name, id: '5', data: JSON.stringify(data) }).map(({ key }) => key);
    expect(event('station', { station: { chefId: 'n.1', onShift: true } })).toEqual([
      'station/n.1',
    ]);
    expect(event('oven', { oven: { ovenId: 'o', temperature: 1, at: at(0) } })).toEqual(['oven/o']);
    expect(event('alert', { alert: { id: 7, kind: 'k', message: '', at: at(0) } })).toEqual([
      'alert/7',
    ]);
    expect(event('queue', { orderIds: ['a'] })).toEqual(['queue']);
    expect(event('weather', { ticket: ticketOf('a') })).toEqual([]);
    expect(changesOf({ name: 'ticket', id: '5', data: 'no json' })).toEqual([]);
  });
});

describe('the advice in a display', () => {
  const queue = (...places: number[]) =>
    places.map((place) => ticketOf(`p${place}`, { place, version: 1 }));

  it.each([
    [[1, 2, 3], []],
    [[3, 1, 2], ['p3']],
    [
      [2, 3, 1],
      ['p2', 'p3'],
    ],
    [[], []],
  ])('%j begins with %j', (places, advice) => {
    const given = queue(...places);
    expect(adviceIn(given)).toEqual(advice);
    const shown = lanesOf([...given].reverse(), adviceIn(given)).waiting;
    expect(shown.map(({ place }) => place)).toEqual(places);
  });
});
