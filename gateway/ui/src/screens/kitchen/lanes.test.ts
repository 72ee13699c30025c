import { describe, expect, it } from 'vitest';
import { grouped, openAlarms, ovenState } from './alarms';
import { look, newsSince, newsWords } from './changes';
import { at, NOON, ticketOf } from './fixtures';
import { actionOf } from './keys';
import { averageToReady, forgettable, laneOf, lanesOf, recalled } from './lanes';
import type { Alert } from './model';
import { gathered } from './refusals';
import { steady } from './steady';
import { happened, nextStep, possible, stepTo, whyNotBack } from './steps';
import { totalsOf } from './totals';
import { ageWords, promiseWords, urgencyOf } from './urgency';

const ids = (tickets: { orderId: string }[]) => tickets.map(({ orderId }) => orderId);
const items = (...pairs: [string, number][]) =>
  pairs.map(([pizzaType, quantity]) => ({ pizzaType, quantity, unitPriceCents: 1 }));
const MINUTE = 60_000;

describe('lanes', () => {
  it.each([
    [{ status: 'created', place: 4 }, 'waiting'],
    [{ status: 'preparing', place: -1 }, 'waiting'],
    [{ status: 'created' }, 'making'],
    [{ status: 'preparing' }, 'making'],
    [{ status: 'baking' }, 'baking'],
    [{ status: 'ready' }, 'ready'],
    [{ status: 'outForDelivery' }, 'left'],
    [{ status: 'cancelled' }, 'left'],
  ] as const)('%o is in %s', (more, lane) => expect(laneOf(ticketOf('a', more))).toBe(lane));

  it('have what waits by place, whatever came first', () => {
    const tickets = [ticketOf('b', { place: 2 }), ticketOf('c', { place: 3 })];
    const again = ticketOf('a', { place: -7, status: 'preparing', receivedAt: at(9) });
    expect(ids(lanesOf([...tickets, again]).waiting)).toEqual(['a', 'b', 'c']);
  });

  it('follow the advice of a plugin first, and places for the others', () => {
    const tickets = ['a', 'b', 'c', 'd'].map((id, place) => ticketOf(id, { place }));
    expect(ids(lanesOf(tickets, ['c', 'gone', 'b']).waiting)).toEqual(['c', 'b', 'a', 'd']);
  });

  it('have the longest in the oven first, and the last gone first', () => {
    const lanes = lanesOf([
      ticketOf('late', { status: 'baking', bakingAt: at(5) }),
      ticketOf('soon', { status: 'baking', bakingAt: at(2) }),
      ticketOf('old', { status: 'outForDelivery', readyAt: at(2) }),
      ticketOf('new', { status: 'outForDelivery', readyAt: at(3) }),
    ]);
    expect(ids(lanes.baking)).toEqual(['soon', 'late']);
    expect(ids(lanes.left)).toEqual(['new', 'old']);
  });

  it('know the average of the last twenty only', () => {
    const old = ticketOf('old', { status: 'delivered', readyAt: at(-99), receivedAt: at(-999) });
    const done = Array.from({ length: 20 }, (_, n) =>
      ticketOf(`d${n}`, { status: 'ready', readyAt: at(n), receivedAt: at(n - 10) }),
    );
    expect(averageToReady([old, ...done, ticketOf('w')])).toBe(10 * MINUTE);
    expect(averageToReady([ticketOf('w')])).toBeUndefined();
  });

  it('forget what left long ago, and nothing that is here', () => {
    const left = Array.from({ length: 45 }, (_, n) =>
      ticketOf(`d${n}`, { status: 'outForDelivery', readyAt: at(n) }),
    );
    const gone = ids(forgettable([ticketOf('w', { place: 1 }), ...left]));
    expect(gone.sort()).toEqual(['d0', 'd1', 'd2', 'd3', 'd4']);
  });
});

describe('urgency', () => {
  it.each([
    [0, 'calm'],
    [29.9, 'calm'],
    [30, 'soon'],
    [40, 'soon'],
    [40.1, 'over'],
  ])('after %d of 40 minutes is %s', (minutes, urgency) => {
    expect(urgencyOf(ticketOf('a'), NOON + minutes * MINUTE)).toBe(urgency);
  });

  it('is in words and figures', () => {
    expect(promiseWords(ticketOf('a'), NOON + 28 * MINUTE)).toBe('12 min left');
    expect(promiseWords(ticketOf('a'), NOON + 40 * MINUTE - 300)).toBe('1 s left');
    expect(promiseWords(ticketOf('a'), NOON + 43 * MINUTE)).toBe('3 min over');
    expect(ageWords(ticketOf('a'), NOON + 65_400)).toBe('1:05');
    expect(ageWords(ticketOf('a'), NOON + 3_725_000)).toBe('1:02:05');
    expect(ageWords(ticketOf('a'), NOON - 5_000)).toBe('0:00');
  });
});

describe('steps', () => {
  it('follow each other, and end with ready', () => {
    const words = (['created', 'preparing', 'baking', 'ready'] as const).map(
      (status) => nextStep({ status })?.word,
    );
    expect(words).toEqual(['Start', 'In the oven', 'Ready', undefined]);
  });

  it('begin with a start also for what waits again', () => {
    const again = nextStep({ status: 'preparing', place: -3 });
    expect(again).toMatchObject({ from: 'preparing', to: 'preparing', word: 'Start' });
    expect(stepTo({ status: 'preparing', from: 'preparing' })).toBe(again);
    expect(stepTo({ status: 'preparing', from: 'created' })?.from).toBe('created');
    expect(stepTo({ status: 'delivered' })).toBeUndefined();
  });

  it('that happened already are no trouble', () => {
    const problem = (status: number, current: string) => ({
      ...{ status, code: 'conflict', detail: '', errors: [], requestId: undefined },
      ...{ retryAfterMs: undefined, members: { current } },
    });
    expect(happened(problem(409, 'ready'), 'baking')).toBe(true);
    expect(happened(problem(409, 'preparing'), 'baking')).toBe(false);
    expect(happened(problem(409, 'cancelled'), 'baking')).toBe(false);
    expect(happened(problem(403, 'ready'), 'baking')).toBe(false);
  });

  it('besides them are offered where the kitchen would do them', () => {
    expect(possible(ticketOf('a', { place: 1 }))).toEqual(may({ assign: true }));
    expect(possible(ticketOf('a', { status: 'preparing' }))).toEqual(
      may({ assign: true, putBack: true }),
    );
    expect(possible(ticketOf('a', { status: 'baking' }))).toEqual(may({ burn: true }));
    expect(whyNotBack({ status: 'outForDelivery' })).toMatch('driver');
    expect(whyNotBack({ status: 'preparing' })).toBeUndefined();
  });
  const may = (more: object) => ({ burn: false, putBack: false, assign: false, ...more });
});

describe('a list under a finger', () => {
  it('takes what the server says when nobody touches it', () => {
    expect(steady(['a', 'b'], ['c', 'b'], false)).toEqual({ order: ['c', 'b'], fresh: 0 });
  });

  it('keeps its order, and the places of those that left', () => {
    expect(steady(['a', 'b', 'c'], ['x', 'c', 'a'], true)).toEqual({
      order: ['a', 'b', 'c'],
      fresh: 1,
    });
  });

  it('takes on what comes behind everything else', () => {
    expect(steady(['a', 'b'], ['a', 'b', 'x'], true).order).toEqual(['a', 'b', 'x']);
    expect(steady([], ['a'], true).order).toEqual(['a']);
  });
});

it('adds up all of each pizza, the most first', () => {
  const tickets = [
    { items: items(['Funghi', 1], ['Diavola', 2]) },
    { items: items(['Funghi', 4], ['Bianca', 2]) },
  ];
  expect(totalsOf(tickets).map(({ pizzaType, quantity }) => `${pizzaType} ${quantity}`)).toEqual([
    'Funghi 5',
    'Bianca 2',
    'Diavola 2',
  ]);
});

describe('alarms', () => {
  const alert = (id: number, more: Partial<Alert>): Alert => ({
    ...{ id, kind: 'overheat', message: 'hot', at: at(id), severity: 'warning' },
    ...more,
  });

  it('are those that nobody has seen, the worst first', () => {
    const alerts = [
      alert(1, {}),
      alert(2, { severity: 'critical' }),
      alert(3, { seenAt: at(4) }),
      alert(4, { severity: 'notice' }),
      alert(5, { severity: 'critical' }),
    ];
    expect(openAlarms(alerts).map(({ id }) => id)).toEqual([2, 5, 1]);
  });

  it('that say the same are one, seen by one tap', () => {
    const alerts = [alert(1, {}), alert(2, { message: 'cold' }), alert(3, {})];
    const groups = grouped(alerts).map(({ alert: { at: when }, ids, times }) => [when, ids, times]);
    expect(groups).toEqual([
      [at(3), [1, 3], 2],
      [at(2), [2], 1],
    ]);
  });

  it.each([
    [{ temperature: 412, max: 400 }, 0, 'hot'],
    [{ temperature: 190, min: 200 }, 0, 'cold'],
    [{ temperature: 300, min: 200, max: 400 }, 59, 'good'],
    [{ temperature: 412, max: 400 }, 61, 'stale'],
  ])('of an oven: %o after %d s is %s', (more, seconds, state) => {
    const oven = { ovenId: 'o', at: at(0), ...more };
    expect(ovenState(oven, NOON + seconds * 1_000)).toBe(state);
  });
});

describe('news', () => {
  const waits = ticketOf('a', { place: 1 });

  it('are one sentence', () => {
    const before = look([waits, ticketOf('b', { status: 'baking' })], NOON);
    const after = look(
      [waits, ticketOf('b', { status: 'ready' }), ticketOf('c', { place: 2, promisedAt: at(60) })],
      NOON + 41 * MINUTE,
    );
    expect(newsWords(newsSince(before, after))).toBe('1 new order, 1 ready, 1 late.');
  });

  it('are none when nothing happened', () => {
    const seen = look([waits], NOON);
    expect(newsWords(newsSince(seen, look([waits], NOON + MINUTE)))).toBe('');
  });

  it('are not that something ready is late', () => {
    const ready = ticketOf('a', { status: 'ready' });
    const news = newsSince(look([ready], NOON), look([ready], NOON + 50 * MINUTE));
    expect(news.late).toEqual([]);
  });
});

it.each([
  ['3', { card: 3 }],
  ['u', 'undo'],
  ['r', 'recall'],
  ['?', 'help'],
  ['0', undefined],
  ['12', undefined],
])('the key %s', (key, action) => expect(actionOf(key)).toEqual(action));

describe('cards that left', () => {
  it('are the last twenty that were started, the last one first', () => {
    const cards = [
      ticketOf('waits', { place: 1, startedAt: at(9) }),
      ticketOf('new'),
      ticketOf('made', { status: 'preparing', startedAt: at(7) }),
      ticketOf('baked', { status: 'baking', startedAt: at(1), bakingAt: at(8) }),
      ticketOf('gone', { status: 'delivered', startedAt: at(1), bakingAt: at(2), readyAt: at(6) }),
    ];
    expect(recalled(cards).map(({ ticket }) => ticket.orderId)).toEqual(['baked', 'made', 'gone']);
    const many = Array.from({ length: 30 }, (_, n) => ticketOf(`${n}`, { startedAt: at(n) }));
    expect(recalled(many).map(({ ticket }) => ticket.orderId)).toHaveLength(20);
    expect(recalled(many)[0]).toMatchObject({ leftAt: at(29) });
  });

  it('come back, or say why not', () => {
    for (const { ticket } of recalled([
      ticketOf('made', { status: 'preparing', startedAt: at(7) }),
      ticketOf('baked', { status: 'baking', startedAt: at(1), bakingAt: at(8) }),
      ticketOf('ready', { status: 'ready', startedAt: at(1), readyAt: at(8) }),
    ])) {
      expect(possible(ticket).putBack).toBe(whyNotBack(ticket) === undefined);
    }
  });
});

describe('what was refused', () => {
  const of = (key: string, orderId: string | undefined, what: string, why: string) => ({
    ...{ key, orderId, what, why },
  });

  it('is one line for each order and reason', () => {
    const lines = gathered([
      of('1', 'a', 'Start', 'cancelled'),
      of('2', 'b', 'Start', 'cancelled'),
      of('3', 'a', 'In the oven', 'cancelled'),
      of('4', undefined, 'Seen', 'gone'),
      of('5', undefined, 'Seen', 'gone'),
    ]);
    expect(lines.map(({ what, keys }) => [what.join(), keys.join()])).toEqual([
      ['Start,In the oven', '1,3'],
      ['Start', '2'],
      ['Seen', '4'],
      ['Seen', '5'],
    ]);
  });
});

describe('an alarm that was seen here', () => {
  it('is silent before the server knows', () => {
    const alert = {
      id: 7,
      kind: 'overheat',
      message: '',
      at: at(0),
      severity: 'critical',
    } as Alert;
    expect(openAlarms([alert])).toEqual([alert]);
    expect(openAlarms([alert], [7])).toEqual([]);
    expect(openAlarms([alert], [8])).toEqual([alert]);
  });
});
