/** Asks once for each entity of which only an event has told. */

import type { Entities } from './entities';
import type { Source } from './source';

/** A page that was away for long may meet hundreds of strangers at once. */
const AT_ONCE = 5;

export class StubFetcher<E> {
  dropped = 0;
  #running = 0;
  /** Also what is being asked for, so that nothing is asked for twice at once. */
  readonly #wanted = new Set<string>();
  readonly #waiting: string[] = [];

  constructor(
    private readonly source: Source<E>,
    private readonly entities: Entities<E>,
    private readonly changed: () => void,
  ) {}

  want(key: string): void {
    if (!this.source.fetchOne || this.#wanted.has(key)) return;
    this.#wanted.add(key);
    this.#waiting.push(key);
    this.#next();
  }

  /** Whatever could not be asked for while there was no network, or by an earlier page. */
  wantAll(): void {
    for (const [key, { isStub }] of this.entities.entries()) if (isStub) this.want(key);
  }

  #next(): void {
    const key = this.#running < AT_ONCE ? this.#waiting.shift() : undefined;
    if (key === undefined) return;
    this.#running++;
    void this.#fetch(key).finally(() => {
      this.#running--;
      this.#wanted.delete(key);
      this.#next();
    });
  }

  async #fetch(key: string): Promise<void> {
    try {
      const found = await this.source.fetchOne?.(key);
      if (found) {
        this.entities.complete(found);
      } else {
        this.entities.drop(key);
        this.dropped++;
      }
      this.changed();
    } catch {
      // It stays what it is until the stream is there again.
    }
  }
}
