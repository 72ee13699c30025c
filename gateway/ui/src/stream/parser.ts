/** Server-sent events out of text that comes in pieces (HTML, 9.2.6). */

import type { StreamEvent } from './source';

export class EventParser {
  #rest = '';
  #name = '';
  #data: string[] = [];
  #id: string | undefined;
  #isEmpty = true;

  constructor(private readonly emit: (event: StreamEvent) => void) {}

  push(text: string): void {
    // A line break may be cut in two; then the second half waits for the first.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    // A comment says only that somebody is there.
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
    else return;
    this.#isEmpty = false;
  }

  #dispatch(): void {
    if (this.#isEmpty) return;
    const [name, data, id] = [this.#name, this.#data.join('\n'), this.#id];
    this.#name = '';
    this.#data = [];
    this.#id = undefined;
    this.#isEmpty = true;
    // Without data a browser would say nothing; the position is worth it here.
    this.emit({ name: data === '' ? '' : name || 'message', data, id });
  }
}
