/**
 * The time of the server. Every age and every countdown follows it, since the clock of a tablet
 * on a wall may be an hour wrong and nobody looks after it.
 */

const SAMPLES = 5;

export class ServerClock {
  readonly #monotonic: () => number;
  readonly #local: () => number;
  readonly #offsets: number[] = [];
  #offset: number;
  #trust: 'local' | 'rough' | 'exact' = 'local';
  #halfTrip = 0;

  /**
   * @param monotonic milliseconds since any moment, which never jump
   * @param local what the machine believes, until the server has said better
   */
  constructor(monotonic: () => number, local: () => number) {
    this.#monotonic = monotonic;
    this.#local = local;
    this.#offset = local() - monotonic();
  }

  /** Milliseconds since the Unix epoch, as the server would say. */
  now(): number {
    return this.#monotonic() + this.#offset;
  }

  /** A moment to hand to `learn` later. */
  mark(): number {
    return this.#monotonic();
  }

  /** Whether the server has said what time it is. */
  get isKnown(): boolean {
    return this.#trust !== 'local';
  }

  /** How far the clock of this machine is behind the server's. */
  get skew(): number {
    return this.now() - this.#local();
  }

  /** What an earlier page has found out, while nobody says better: a page may open without a network. */
  assume(skew: number): void {
    if (this.isKnown) return;
    this.#trust = 'rough';
    this.#offset = this.#local() + skew - this.#monotonic();
  }

  /** From an answer that tells the time, to a request that was sent at `sentAt`. */
  learn(serverTime: number, sentAt: number): void {
    const receivedAt = this.#monotonic();
    this.#halfTrip = (receivedAt - sentAt) / 2;
    this.#add(serverTime - (sentAt + receivedAt) / 2);
  }

  /** From an event, which took half a round trip to come, as far as that is known. */
  hear(serverTime: number): void {
    this.#add(serverTime + this.#halfTrip - this.#monotonic());
  }

  /** From the header `Date`, which knows whole seconds only: better than nothing, worse than all else. */
  glimpse(date: string | null, sentAt: number): void {
    const seconds = date === null ? NaN : Date.parse(date);
    if (this.#trust === 'exact' || Number.isNaN(seconds)) return;
    this.#trust = 'rough';
    this.#offset = seconds + 500 - (sentAt + this.#monotonic()) / 2;
  }

  /** The median forgives a single answer that was held up on its way. */
  #add(offset: number): void {
    if (Number.isNaN(offset)) return;
    this.#trust = 'exact';
    this.#offsets.push(offset);
    if (this.#offsets.length > SAMPLES) this.#offsets.shift();
    const sorted = [...this.#offsets].sort((a, b) => a - b);
    this.#offset = sorted[Math.floor(sorted.length / 2)] ?? this.#offset;
  }
}
