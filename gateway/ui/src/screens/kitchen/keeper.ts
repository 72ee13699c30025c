/** Taps without an answer, where they outlive the page: a tablet may be switched off and on. */

import type { CommandSpec } from '../../command/command';

export interface Kept {
  /** Sent again under it, so that it happens once. */
  key: string;
  kitchenId: string;
  what: string;
  orderId?: string;
  spec: Omit<CommandSpec, 'isDone' | 'key'>;
  /** When it was tapped, by the server's clock. */
  at: number;
}

export interface Keeper {
  add(kept: Kept): void;
  remove(key: string): void;
  /** Of one kitchen, in the order in which they were tapped. */
  all(kitchenId: string): Promise<Kept[]>;
  /** Nothing is written here: what is tapped lives as long as the page. */
  readonly isBroken: boolean;
}

const STORE = 'taps';

export class StoredTaps implements Keeper {
  isBroken = false;
  readonly #database: Promise<IDBDatabase | undefined>;

  constructor() {
    this.#database = open().catch(() => {
      this.isBroken = true;
      return undefined;
    });
  }

  add(kept: Kept): void {
    void this.#within('readwrite', (store) => store.put(kept));
  }

  remove(key: string): void {
    void this.#within('readwrite', (store) => store.delete(key));
  }

  async all(kitchenId: string): Promise<Kept[]> {
    const kept = await this.#within<Kept[]>('readonly', (store) => store.getAll());
    const ours = (kept ?? []).filter((tap) => tap.kitchenId === kitchenId);
    return ours.sort((a, b) => a.at - b.at);
  }

  async #within<T>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest,
  ): Promise<T | undefined> {
    const database = await this.#database;
    if (!database) return undefined;
    try {
      const request = ask(database.transaction(STORE, mode).objectStore(STORE));
      return (await answerOf(request)) as T;
    } catch {
      this.isBroken = true;
      return undefined;
    }
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('pizza-kitchen', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: 'key' });
  };
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('not stored'));
  });
}
