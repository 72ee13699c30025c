/** What is known of each entity, merged by version and never by time of arrival. */

import type { Change, Entity } from './source';

export interface Held<E> {
  version: number;
  value: E;
  /** Only an event has told of it: fields may be missing until it has been fetched. */
  isStub: boolean;
}

export class Entities<E> {
  readonly #held = new Map<string, Held<E>>();
  #changed = new Set<string>();

  get(key: string): Held<E> | undefined {
    return this.#held.get(key);
  }

  entries(): IterableIterator<[string, Held<E>]> {
    return this.#held.entries();
  }

  get size(): number {
    return this.#held.size;
  }

  /** A snapshot is the whole truth of its moment: what it does not have is gone. */
  replaceAll(entities: Entity<E>[]): void {
    const gone = new Set(this.#held.keys());
    for (const { key, version, value, isStub = false } of entities) {
      gone.delete(key);
      // The same version says the same, and what did not change need not be drawn again.
      const held = this.#held.get(key);
      if (held?.version === version && !held.isStub) continue;
      this.#put(key, { version, value, isStub });
    }
    for (const key of gone) this.drop(key);
  }

  /** @returns whether the entity was not known, and has to be asked for */
  apply(change: Change<E>): boolean {
    const { key, version, fields } = change;
    const held = this.#held.get(key);
    if (held && held.version >= version) return false;
    const isStub = held ? held.isStub : change.isWhole !== true;
    this.#put(key, { version, value: { ...held?.value, ...fields } as E, isStub });
    return !held && isStub;
  }

  /** What a stub turned out to be; events may have told newer things meanwhile. */
  complete({ key, version, value }: Entity<E>): void {
    const held = this.#held.get(key);
    if (!held?.isStub) return;
    const isNewer = held.version > version;
    this.#put(key, {
      version: Math.max(held.version, version),
      value: isNewer ? { ...value, ...held.value } : value,
      isStub: false,
    });
  }

  drop(key: string): void {
    if (this.#held.delete(key)) this.#changed.add(key);
  }

  /** The keys of what changed since this was asked last. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  #put(key: string, held: Held<E>): void {
    this.#held.set(key, held);
    this.#changed.add(key);
  }
}
