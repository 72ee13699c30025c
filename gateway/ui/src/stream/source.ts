/** What a stream is about: where it comes from, and what its events mean. */

/** One event as it came. */
export interface StreamEvent {
  /** Empty for an event that only says where to go on. */
  name: string;
  data: string;
  /** Where to go on after it; `undefined` for events that are not kept, as `time`. */
  id: string | undefined;
}

/** What an event says of one entity. */
export interface Change<E> {
  key: string;
  version: number;
  fields: Partial<E>;
  /** The fields are all there is, so that an entity nobody knew needs no question. */
  isWhole?: boolean;
}

export interface Entity<E> {
  key: string;
  version: number;
  value: E;
  /** Only an event had told of it when it was stored. */
  isStub?: boolean;
}

/** Everything there was at one moment. */
export interface Snapshot<E> {
  /** The stream's position up to which everything is contained. */
  position: string | undefined;
  entities: Entity<E>[];
}

export interface Source<E> {
  /** Where the stream is; tabs that want the same one share it. */
  url: string;
  /** @throws {ApiError} */
  snapshot(signal: AbortSignal): Promise<Snapshot<E>>;
  changes(event: StreamEvent): Change<E>[];
  /** When the event happened, so that old ones are known for what they are. */
  happenedAt(event: StreamEvent): number | undefined;
  /** Reads one entity of which only an event has told; `undefined` when there is none. */
  fetchOne?(key: string): Promise<Entity<E> | undefined>;
  /** A screen on a wall or in a holder is looked at even when its page is hidden. */
  staysWhenHidden?: boolean;
}

/** What a store knew, and how old it is. */
export interface Remembered<E> {
  position: string | undefined;
  /** When it was last confirmed, by the server's clock. */
  signAt: number;
  entities: Entity<E>[];
}

/** Where a store keeps what has to outlive its page. */
export interface Memory<E> {
  /** Never fails: where nothing can be read, nothing is remembered. */
  load(): Promise<Remembered<E> | undefined>;
  /** @param state asked for when there is time to write it; `undefined` while it is in the middle of a change */
  save(state: () => Remembered<E> | undefined): void;
  forget(): void;
}

/** The number in a position, of which `57.end` has one, too. */
export function ordinal(position: string | undefined): number | undefined {
  const number = position === undefined ? NaN : Number.parseInt(position, 10);
  return Number.isNaN(number) ? undefined : number;
}
