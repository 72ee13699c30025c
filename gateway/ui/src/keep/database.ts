/** What outlives a page, in one database of the browser: a tablet may be switched off and on. */

/** One kind of things, found by their keys. */
export interface Table<T> {
  get(key: string): Promise<T | undefined>;
  all(): Promise<T[]>;
  put(value: T): Promise<void>;
  remove(key: string): Promise<void>;
  /** Nothing can be written here: whatever is put lives as long as the page. */
  readonly isBroken: boolean;
}

/** Each table by what its things are found by. */
const TABLES = { streams: 'url', commands: 'key' } as const;
const NAME = 'pizza';
const VERSION = 1;

let opened: Promise<IDBDatabase> | undefined;

export class StoredTable<T> implements Table<T> {
  isBroken = false;

  constructor(private readonly name: keyof typeof TABLES) {
    // Found out before somebody relies on it.
    void this.#within<number>('readonly', (store) => store.count());
  }

  get(key: string): Promise<T | undefined> {
    return this.#within<T>('readonly', (store) => store.get(key));
  }

  async all(): Promise<T[]> {
    return (await this.#within<T[]>('readonly', (store) => store.getAll())) ?? [];
  }

  async put(value: T): Promise<void> {
    await this.#within('readwrite', (store) => store.put(value));
  }

  async remove(key: string): Promise<void> {
    await this.#within('readwrite', (store) => store.delete(key));
  }

  async #within<R>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest,
  ): Promise<R | undefined> {
    // Twice, since a database that somebody has cleared or changed is opened anew.
    for (const isLast of [false, true]) {
      try {
        opened ??= open();
        const transaction = (await opened).transaction(this.name, mode);
        const request = ask(transaction.objectStore(this.name));
        // At once: a page that goes does not live to see the answer, and would undo what it wrote.
        transaction.commit?.();
        const answer = await answerOf<R>(request);
        if (mode === 'readwrite') await written(transaction);
        this.isBroken = false;
        return answer;
      } catch {
        opened = undefined;
        // Private windows have none, and a full disk takes nothing.
        this.isBroken = isLast;
      }
    }
    return undefined;
  }
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    for (const [name, keyPath] of Object.entries(TABLES)) {
      request.result.createObjectStore(name, { keyPath });
    }
  };
  const database = await answerOf<IDBDatabase>(request);
  // A page of a newer build may change the tables; this one waits for nothing then.
  database.onversionchange = () => database.close();
  return database;
}

function answerOf<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error ?? new Error('not stored'));
  });
}

/** A disk that is full says so only at the end. */
function written(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('not stored'));
  });
}

/** Whoever signs out leaves nothing behind. */
export function forgetAll(): void {
  opened?.then(
    (database) => database.close(),
    () => undefined,
  );
  opened = undefined;
  try {
    indexedDB.deleteDatabase(NAME);
  } catch {
    // Nothing was stored.
  }
}
