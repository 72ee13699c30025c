/**
 * The events of one stream, and the entities they tell of. It owns the connection, the last
 * position and the entities; screens read from it, and nothing else writes.
 *
 * `idle → snapshot → connecting → live → (waiting → connecting)`
 */

import { unreachable, isAbort, problemOfError, type Problem } from '../api/problem';
import type { ServerClock } from '../time/clock';
import { backoff } from './backoff';
import { Entities } from './entities';
import { FrameQueue, type Schedule } from './frames';
import { ordinal, type Memory, type Remembered, type Source, type StreamEvent } from './source';
import { StubFetcher } from './stubs';
import type { Transport } from './transport';

export type Status =
  | 'idle'
  | 'snapshot'
  | 'connecting'
  | 'live'
  | 'waiting'
  /** Nothing follows: the store keeps what it has, and no connection. */
  | 'ended'
  /** Hidden for long: the connection is let go of until somebody looks. */
  | 'paused'
  | 'refused'
  | 'gone';

export interface Environment<E = unknown> {
  transport: Transport;
  clock: ServerClock;
  schedule?: Schedule;
  random?: () => number;
  /** Called with the build of the program behind the stream. */
  sawVersion?: (version: string) => void;
  memory?: Memory<E> | undefined;
}

export type Listener = (changed: ReadonlySet<string>) => void;

/** Without any sign for this long a connection is dead, whatever the browser believes. */
export const SILENCE_MS = 25_000;
/** One sign of life comes in 10 s. */
export const DOUBT_MS = 11_000;
/** A server that lets one in and shows the door at once is not asked again at once. */
const PROVEN_MS = 5_000;
/** An event this old is of the past that is caught up with. */
const OLD_MS = 5_000;
const SETTLED_MS = 1_000;

export class StreamStore<E> {
  readonly entities = new Entities<E>();
  status: Status = 'idle';
  problem: Problem | undefined;
  /** By the server's clock, as all moments here. */
  nextTryAt: number | undefined;
  /** Since when there is no stream; `undefined` while there is one. */
  downSince: number | undefined;
  lastSignAt: number | undefined;
  lastChangeAt: number | undefined;
  hasData = false;
  isCatchingUp = false;
  /** The server has said that events were lost, and a new snapshot is on its way. */
  hasGap = false;
  /** All that is known is of an earlier page, and nobody has confirmed it yet. */
  isRemembered = false;

  #position: string | undefined;
  #failures = 0;
  #openedAt = 0;
  #pausedAt: number | undefined;
  #close: () => void = () => undefined;
  #timers = new Map<'retry' | 'silence' | 'settled', ReturnType<typeof setTimeout>>();
  readonly #listeners = new Set<Listener>();
  readonly #queue: FrameQueue<StreamEvent>;
  readonly #stubs: StubFetcher<E>;

  constructor(
    private readonly source: Source<E>,
    private readonly environment: Environment<E>,
  ) {
    this.#queue = new FrameQueue((events) => this.#apply(events), environment.schedule);
    this.#stubs = new StubFetcher(source, this.entities, () => this.#tell());
  }

  get position(): string | undefined {
    return this.#position;
  }

  /** Events that have come and are not drawn yet. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Stubs of which nobody knew more. */
  get dropped(): number {
    return this.#stubs.dropped;
  }

  get staysWhenHidden(): boolean {
    return this.source.staysWhenHidden === true;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.status !== 'idle') return;
    this.downSince = this.#now();
    const { memory } = this.environment;
    if (!memory) return this.#load();
    this.#become('snapshot');
    let isOver = false;
    this.#close = () => (isOver = true);
    void memory.load().then((remembered) => {
      if (isOver) return;
      if (remembered) this.#remember(remembered);
      this.#again();
    });
  }

  /** For good: nothing is called any more. */
  stop(): void {
    this.#listeners.clear();
    this.#disconnect();
    this.status = 'idle';
  }

  /** Lets go of the connection, and keeps everything else. */
  pause(): void {
    if (['idle', 'ended', 'refused', 'gone'].includes(this.status)) return;
    this.#disconnect();
    this.#pausedAt = this.#now();
    this.#become('paused');
  }

  resume(): void {
    if (this.status === 'paused') this.#again();
  }

  /** At once: somebody asked, or the network is back. */
  retryNow(): void {
    if (this.status === 'waiting') this.#again();
  }

  /** The browser says that there is no network. What lives all the same says so before long. */
  doubt(): void {
    if (this.status === 'live') this.#restartSilence(DOUBT_MS);
  }

  /** From the beginning: somebody has signed in, or asks whether it is there by now. */
  restart(): void {
    this.#disconnect();
    this.downSince ??= this.#now();
    this.#load();
  }

  #remember({ position, signAt, entities }: Remembered<E>): void {
    this.entities.replaceAll(entities);
    this.#position = position;
    this.lastSignAt = signAt;
    this.hasData = this.isRemembered = true;
  }

  #again(): void {
    this.#cancel('retry');
    if (this.hasData && !this.hasGap) this.#connect();
    else this.#load();
  }

  #load(): void {
    this.#become('snapshot');
    const controller = new AbortController();
    this.#close = () => controller.abort();
    this.source.snapshot(controller.signal).then(
      (snapshot) => {
        if (controller.signal.aborted) return;
        this.entities.replaceAll(snapshot.entities);
        if (snapshot.position !== undefined) this.#position = snapshot.position;
        this.hasData = true;
        this.hasGap = false;
        this.#connect();
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        this.#fail(isAbort(error) ? unreachable() : problemOfError(error));
      },
    );
  }

  #connect(): void {
    this.#become('connecting');
    this.#restartSilence();
    this.#close = this.environment.transport.open(this.source.url, this.#position, {
      open: () => this.#opened(),
      sign: () => this.#sign(),
      event: (event) => this.#receive(event),
      close: (end) => {
        if (end === 'over') this.#end();
        else this.#fail(end);
      },
    });
  }

  #opened(): void {
    const now = this.#now();
    const wasAway = this.isRemembered || now - (this.#pausedAt ?? this.downSince ?? now) > OLD_MS;
    this.#openedAt = now;
    this.#pausedAt = this.downSince = this.nextTryAt = this.problem = undefined;
    this.isRemembered = false;
    this.lastChangeAt ??= now;
    this.#sign();
    // What was missed comes next, or nothing was.
    this.#catchUp(wasAway);
    this.#stubs.wantAll();
    this.#become('live');
  }

  #sign(): void {
    this.lastSignAt = this.#now();
    if (this.#failures > 0 && this.#now() - this.#openedAt > PROVEN_MS) this.#failures = 0;
    this.#restartSilence();
  }

  #restartSilence(ms = SILENCE_MS): void {
    this.#cancel('silence');
    const why = `Nothing came for ${ms / 1_000} s.`;
    const timer = setTimeout(() => this.#fail(unreachable(why)), ms);
    this.#timers.set('silence', timer);
  }

  #receive(event: StreamEvent): void {
    if (event.name === 'gap') return this.#lose(event.id);
    if (event.name === 'time') return this.#hearTime(event.data);
    const [last, next] = [ordinal(this.#position), ordinal(event.id)];
    // The server has another history than the one that was read here.
    if (last !== undefined && next !== undefined && next < last) return this.#lose(undefined);
    if (event.id !== undefined) this.#position = event.id;
    if (event.name !== '') this.#queue.push(event);
  }

  #hearTime(data: string): void {
    const { at, position, version } = parseTime(data);
    if (version) this.environment.sawVersion?.(version);
    this.environment.clock.hear(at);
    this.environment.memory?.save(() => this.#state());
    const last = ordinal(this.#position);
    if (last !== undefined && position !== undefined && position < last) this.#lose(undefined);
  }

  /** Events were lost. What is on the screen stays there until the whole is known again. */
  #lose(goOnAfter: string | undefined): void {
    this.#disconnect();
    this.hasGap = true;
    this.#position = goOnAfter;
    this.#load();
  }

  #apply(events: StreamEvent[]): void {
    let newest: number | undefined;
    let isOver = false;
    for (const event of events) {
      isOver ||= event.name === 'end';
      newest = this.source.happenedAt(event) ?? newest;
      for (const change of this.source.changes(event)) {
        if (this.entities.apply(change)) this.#stubs.want(change.key);
      }
    }
    this.lastChangeAt = this.#now();
    this.#watchCatchingUp(newest);
    if (isOver) this.#end();
    else this.#tell();
  }

  /** It lasts until what comes is new, or nothing more comes. */
  #watchCatchingUp(newest: number | undefined): void {
    const isOld = newest !== undefined && this.#now() - newest > OLD_MS;
    this.#catchUp(isOld || this.#queue.length > 0);
  }

  #catchUp(isCatchingUp: boolean): void {
    this.isCatchingUp = isCatchingUp;
    this.#cancel('settled');
    if (!isCatchingUp) return;
    const settle = () => {
      this.isCatchingUp = false;
      this.#tell();
    };
    this.#timers.set('settled', setTimeout(settle, SETTLED_MS));
  }

  #end(): void {
    this.#disconnect();
    this.isCatchingUp = false;
    this.#become('ended');
  }

  #fail(problem: Problem | undefined): void {
    this.#disconnect({ keepQueue: true });
    this.problem = problem;
    this.downSince ??= this.#now();
    const status = problem?.status ?? 0;
    if ([403, 404, 410].includes(status)) this.#forget();
    if (status === 401 || status === 403) return this.#become('refused');
    if (status === 404 || status === 410) return this.#become('gone');
    this.#failures++;
    const wait = backoff(this.#failures, problem?.retryAfterMs, this.environment.random?.());
    this.nextTryAt = this.#now() + wait;
    this.#timers.set(
      'retry',
      setTimeout(() => this.#again(), wait),
    );
    this.#become('waiting');
  }

  /** It may not be seen by whoever looks now, or is not there any more. */
  #forget(): void {
    this.environment.memory?.forget();
    if (!this.isRemembered) return;
    this.entities.replaceAll([]);
    this.hasData = this.isRemembered = false;
  }

  #disconnect({ keepQueue = false } = {}): void {
    this.#close();
    this.#close = () => undefined;
    for (const name of this.#timers.keys()) this.#cancel(name);
    // What has come is true, whatever became of the connection; a new snapshot is truer.
    if (!keepQueue) this.#queue.clear();
  }

  #cancel(name: 'retry' | 'silence' | 'settled'): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #become(status: Status): void {
    this.status = status;
    this.#tell();
  }

  #tell(): void {
    const changed = this.entities.takeChanged();
    for (const listener of this.#listeners) listener(changed);
    if (this.status === 'live') this.environment.memory?.save(() => this.#state());
  }

  #state(): Remembered<E> | undefined {
    // What has come and is not applied would be missing for good.
    if (!this.hasData || this.hasGap || this.pending > 0) return undefined;
    // A stub, too: the event that told of it does not come again.
    const entities = [...this.entities.entries()].map(([key, held]) => ({ key, ...held }));
    return { position: this.#position, signAt: this.lastSignAt ?? this.#now(), entities };
  }

  #now(): number {
    return this.environment.clock.now();
  }
}

interface TimeData {
  at?: string;
  position?: string | number;
  version?: string;
}

function parseTime(data: string): { at: number; position?: number | undefined; version?: string } {
  try {
    const { at = '', position, ...more } = JSON.parse(data) as TimeData;
    return { at: Date.parse(at), position: ordinal(String(position)), ...more };
  } catch {
    return { at: NaN };
  }
}
