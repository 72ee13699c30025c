/** Asks once for each entity of which only an event has told. */

import type { Entities } from './entities';
import type { Source } from './source';

/** A page that was away for long may meet hundreds of strangers at once. */
const AT_ONCE = 5;

export class StubFetcher<E> {
  dropped = 0;
  #running = 0;
  readonly #wanted: string[] = [];

  constructor(
    private readonly source: Source<E>,
    private readonly entities: Entities<E>,
    private readonly changed: () => void,
  ) {}

  want(key: string): void {
    if (!this.source.fetchOne) return;
    this.#wanted.push(key);
    this.#next();
  }

  #next(): void {
    const key = this.#running < AT_ONCE ? this.#wanted.shift() : undefined;
    if (key === undefined) return;
    this.#running++;
    void this.#fetch(key).finally(() => {
      this.#running--;
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
      // It stays what it is; its next event, or the next snapshot, tells more.
    }
  }
}
