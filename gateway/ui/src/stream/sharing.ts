/**
 * One connection for all tabs of a browser that want the same stream: over plain HTTP a browser
 * opens six connections to a server, and every stream holds one for good.
 *
 * Whoever holds the lock of the stream reads it and passes on what comes; the others wait for
 * the lock and listen. When the leader goes, the browser hands the lock to the next.
 */

import { unreachable, type Problem } from '../api/problem';
import { ordinal, type StreamEvent } from './source';
import type { StreamHandlers, Transport } from './transport';

/** What a late tab can be told; who missed more reads a snapshot. */
const REPLAYED = 1_000;
/** A leader that says nothing for so long is asleep, and no leader. */
const HELLO_MS = 1_000;

type Message =
  | { kind: 'hello'; from: string; after: string | undefined }
  | { kind: 'replay'; to: string; events: StreamEvent[] }
  | { kind: 'event'; event: StreamEvent }
  | { kind: 'sign' }
  | { kind: 'close'; end: 'over' | Problem | undefined };

export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** What of the browser it stands on, so that tests can bring their own. */
export interface Sharing {
  locks: Pick<LockManager, 'request'>;
  channel(name: string): Channel;
}

/** Absent in pages that the browser does not deem secure: then each tab reads for itself. */
export function browserSharing(): Sharing | undefined {
  if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) return undefined;
  return { locks: navigator.locks, channel: (name) => new BroadcastChannel(name) };
}

export function sharedTransport(inner: Transport, sharing: Sharing | undefined): Transport {
  if (!sharing) return inner;
  // It outlives a connection that was lost and found again, so that late tabs miss nothing by it.
  let history = new History(undefined);
  return {
    open(url, after, handlers) {
      if (history.position !== after) history = new History(after);
      const tab = new SharedStream(url, history, handlers, inner, sharing);
      return () => tab.close();
    },
  };
}

/** The events of a stream after some position, as far as this tab has them. */
class History {
  /** `undefined` is the beginning of the stream. */
  #after: string | undefined;
  #events: StreamEvent[] = [];

  constructor(public position: string | undefined) {
    this.#after = position;
  }

  add(event: StreamEvent): void {
    if (event.id === undefined) return;
    // What says that events are missing begins a history of its own.
    if (event.name === 'gap') {
      this.#after = event.id;
      this.#events = [];
    } else if (event.name !== '') {
      this.#events.push(event);
    }
    this.position = event.id;
    if (this.#events.length > REPLAYED) this.#after = this.#events.shift()?.id;
  }

  /** Everything after a position; where that is not kept, a gap says so. */
  since(after: string | undefined): StreamEvent[] {
    const wanted = ordinal(after) ?? 0;
    if (wanted < (ordinal(this.#after) ?? 0))
      return [{ name: 'gap', data: '{}', id: this.position }];
    return this.#events.filter(({ id }) => (ordinal(id) ?? 0) > wanted);
  }
}

class SharedStream {
  readonly #name: string;
  readonly #me = String(Math.random());
  readonly #channel: Channel;
  readonly #abort = new AbortController();
  #role: 'asking' | 'follower' | 'leader' | 'alone' = 'asking';
  #closeInner: () => void = () => undefined;
  #release: () => void = () => undefined;
  #hello: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly history: History,
    private readonly handlers: StreamHandlers,
    private readonly inner: Transport,
    sharing: Sharing,
  ) {
    this.#name = `pizza ${url}`;
    this.#channel = sharing.channel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent) => this.#hear(data as Message);
    void this.#contend(sharing.locks);
  }

  close(): void {
    this.#abort.abort();
    clearTimeout(this.#hello);
    this.#closeInner();
    this.#channel.onmessage = null;
    this.#channel.close();
    this.#release();
  }

  async #contend(locks: Sharing['locks']): Promise<void> {
    // First without waiting, so that a tab that is alone need not ask whether it is.
    const isLeader = await new Promise<boolean>((resolve) => {
      void locks.request(this.#name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? this.#lead() : undefined;
      });
    });
    if (isLeader || this.#abort.signal.aborted) return;
    this.#ask();
    const { signal } = this.#abort;
    await locks.request(this.#name, { signal }, () => this.#lead()).catch(() => undefined);
  }

  /** @returns what ends when the lock is given back */
  #lead(): Promise<void> | undefined {
    if (this.#abort.signal.aborted) return undefined;
    const held = new Promise<void>((resolve) => (this.#release = resolve));
    clearTimeout(this.#hello);
    // Who reads by itself already goes on with that connection, and passes it on.
    if (this.#role !== 'alone') this.#read();
    this.#role = 'leader';
    return held;
  }

  #read(): void {
    this.#closeInner = this.inner.open(this.url, this.history.position, {
      open: () => this.handlers.open(),
      sign: () => {
        this.#say({ kind: 'sign' });
        this.handlers.sign();
      },
      event: (event) => {
        this.#say({ kind: 'event', event });
        this.#pass(event);
      },
      close: (end) => {
        this.#say({ kind: 'close', end });
        this.handlers.close(end);
      },
    });
  }

  #say(message: Message): void {
    if (this.#role === 'leader') this.#channel.postMessage(message);
  }

  #pass(event: StreamEvent): void {
    this.history.add(event);
    this.handlers.event(event);
  }

  #ask(): void {
    this.#channel.postMessage({ kind: 'hello', from: this.#me, after: this.history.position });
    this.#hello = setTimeout(() => {
      if (this.#role !== 'asking') return;
      this.#role = 'alone';
      this.#read();
    }, HELLO_MS);
  }

  #hear(message: Message): void {
    if (message.kind === 'hello') {
      if (this.#role === 'leader') this.#answer(message.from, message.after);
    } else if (message.kind === 'replay') {
      if (message.to === this.#me && this.#role === 'asking') this.#follow(message.events);
    } else if (this.#role === 'follower') {
      this.#followOn(message);
    }
  }

  #answer(to: string, after: string | undefined): void {
    const events = this.history.since(after);
    this.#channel.postMessage({ kind: 'replay', to, events } satisfies Message);
  }

  #follow(events: StreamEvent[]): void {
    clearTimeout(this.#hello);
    this.#role = 'follower';
    this.handlers.open();
    for (const event of events) this.#followOn({ kind: 'event', event });
  }

  #followOn(message: Message): void {
    if (this.#abort.signal.aborted) return;
    if (message.kind === 'sign') this.handlers.sign();
    if (message.kind === 'close') this.handlers.close(message.end ?? unreachable());
    if (message.kind !== 'event') return;
    this.handlers.sign();
    this.#pass(message.event);
  }
}
