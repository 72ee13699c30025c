/** Things beside a stream that outlive a page as it does: under a name of their own. */

import type { Memory } from '../stream/source';

export class KeptThings<T> {
  /** @param now by the server's clock */
  constructor(
    private readonly memory: Memory<T>,
    private readonly now: () => number,
  ) {}

  /** Never fails: where nothing can be read, nothing was kept. */
  async load(): Promise<T[]> {
    const kept = await this.memory.load();
    return kept?.entities.map(({ value }) => value) ?? [];
  }

  /** @param things asked for when there is time to write them */
  save(things: () => readonly T[]): void {
    this.memory.save(() => ({
      position: undefined,
      signAt: this.now(),
      entities: things().map((value, n) => ({ key: String(n), version: 0, value })),
    }));
  }
}
