import { describe, expect, it } from 'vitest';
import { EventParser } from './parser';
import type { StreamEvent } from './source';

const TEXT =
  'retry: 1000\nid: 4\n\n: alive\n\nevent: status\r\nid: 5\r\ndata: {"a":\r\ndata:1}\r\n\r\n' +
  'data: x\n\nevent: time\ndata: {}\n\nevent: cut\ndata: off';

const EVENTS: StreamEvent[] = [
  { name: '', data: '', id: '4' },
  { name: 'status', data: '{"a":\n1}', id: '5' },
  { name: 'message', data: 'x', id: undefined },
  { name: 'time', data: '{}', id: undefined },
];

function parse(pieces: string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
}

describe('the parser of events', () => {
  it('reads a whole text', () => expect(parse([TEXT])).toEqual(EVENTS));
  for (const size of [1, 2, 3, 7, 50]) {
    it(`reads the same in pieces of ${size}`, () => {
      const pieces = TEXT.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(parse(pieces)).toEqual(EVENTS);
    });
  }
});
