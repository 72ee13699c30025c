/** What a stream came to, kept for the next page, which may open without a network. */

import type { Memory, Remembered } from '../stream/source';
import type { ServerClock } from '../time/clock';
import type { Table } from './database';

export interface KeptStream extends Remembered<unknown> {
  url: string;
  /** Things of another build may have another shape. */
  build: string;
  /** What the page knew of the server's clock. */
  skew: number;
}

/** However much happens, it is written so often. */
export const SAVE_MS = 2_000;
/** What is older than a shift is of no use to anybody, and a snapshot is quicker than its events. */
const KEPT_MS = 12 * 3_600_000;

export interface StreamMemoryEnvironment {
  table: Table<KeptStream>;
  clock: ServerClock;
  build: string;
}

export class StreamMemory<E> implements Memory<E> {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: () => Remembered<E> | undefined = () => undefined;

  constructor(
    private readonly url: string,
    private readonly environment: StreamMemoryEnvironment,
  ) {}

  async load(): Promise<Remembered<E> | undefined> {
    const { table, clock, build } = this.environment;
    const kept = await table.get(this.url);
    if (!kept || kept.build !== build) return undefined;
    clock.assume(kept.skew);
    if (clock.now() - kept.signAt > KEPT_MS) return undefined;
    return kept as unknown as Remembered<E>;
  }

  save(state: () => Remembered<E> | undefined): void {
    this.#state = state;
    this.#timer ??= setTimeout(() => this.flush(), SAVE_MS);
  }

  /** Now: the page goes. */
  flush(): void {
    this.#stop();
    const { table, clock, build } = this.environment;
    const state = this.#state();
    if (!state) return;
    const { skew } = clock;
    void table.put({ ...state, url: this.url, build, skew });
  }

  forget(): void {
    this.#stop();
    this.#state = () => undefined;
    void this.environment.table.remove(this.url);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
