/**
 * What is told of what changes, and when: one sentence in five seconds and one sound at a time.
 * Nothing while the past is caught up with, and one summary afterwards.
 */

import type { ConditionKind } from '../../stream/condition';
import { newsSince, newsWords, type News, type Seen } from './changes';

/** What happens in between is one sentence. */
const SAY_EVERY_MS = 5_000;

export interface Told {
  tune?: 'new' | 'late';
  words?: string;
  /** Of everything that happened while nobody could see it. */
  summary?: string;
}

export class Teller {
  /** What the ear knows. */
  #heard: Seen;
  #said: { seen: Seen; at: number };
  /** What was there when the stream went away. */
  #before: Seen | undefined;

  constructor(first: Seen, now: number) {
    this.#heard = first;
    this.#said = { seen: first, at: now };
  }

  hear(kind: ConditionKind, seen: Seen, now: number): Told {
    if (kind === 'live' || kind === 'quiet') {
      return this.#before ? this.#comeBack(this.#before, seen, now) : this.#tell(seen, now);
    }
    if (kind === 'reconnecting') return {};
    this.#before ??= this.#said.seen;
    // Nothing comes, but the clock goes on, and an order that is late is late.
    return kind === 'offline' ? this.#tell(seen, now) : {};
  }

  #tell(seen: Seen, now: number): Told {
    const tune = tuneOf(newsSince(this.#heard, seen));
    this.#heard = seen;
    if (now - this.#said.at < SAY_EVERY_MS) return { ...tune };
    const words = newsWords(newsSince(this.#said.seen, seen));
    this.#said = { seen, at: now };
    return { ...tune, ...(words && { words }) };
  }

  #comeBack(before: Seen, seen: Seen, now: number): Told {
    const tune = tuneOf(newsSince(this.#heard, seen));
    const words = newsWords(newsSince(before, seen));
    this.#before = undefined;
    this.#heard = seen;
    this.#said = { seen, at: now };
    return { ...tune, ...(words && { summary: `While you were away: ${words}` }) };
  }
}

function tuneOf({ late, fresh }: News): Pick<Told, 'tune'> {
  if (late.length > 0) return { tune: 'late' };
  return fresh.length > 0 ? { tune: 'new' } : {};
}
