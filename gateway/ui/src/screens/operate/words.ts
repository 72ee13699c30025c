/** Digests, figures and times as operators read them. */

import { timeOfDay } from '../../time/words';

const SHORT = 8;

/** Enough of a digest to tell modules apart, and to be typed. */
export function short(digest: string): string {
  return digest.slice(0, SHORT);
}

/** An actor as it is named: `type/key`, of which a key may have more strokes. */
export function partsOf(actor: string): { type: string; key: string } {
  const cut = actor.indexOf('/');
  return { type: actor.slice(0, cut), key: actor.slice(cut + 1) };
}

/** Where one looks at an actor. */
export function actorLink(actor: string): string {
  const { type, key } = partsOf(actor);
  return `/operate/${encodeURIComponent(type)}?actor=${encodeURIComponent(key)}`;
}

const whole = new Intl.NumberFormat('en-GB');

export function count(n: number): string {
  return whole.format(n);
}

/** "1 actor", "1,204 actors". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A time that something took, from microseconds: "85 µs", "0.34 ms", "12 ms", "1.2 s". */
export function took(us: number): string {
  if (us < 100) return `${Math.round(us)} µs`;
  const ms = us / 1_000;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** A share of the keys: "10 %", "12.5 %". */
export function share(percent: number): string {
  return `${Number(percent.toFixed(2))} %`;
}

/** How many of so many failed: "0 %", "0.04 %", "12.5 %"; a dash where nothing was done. */
export function rate(failed: number, turns: number): string {
  if (turns === 0) return '–';
  const percent = (failed / turns) * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  return `${Number(percent.toFixed(percent < 1 ? 2 : 1))} %`;
}

export function bytes(n: number): string {
  if (n < 1_000) return `${n} B`;
  if (n < 1_000_000) return `${(n / 1_000).toFixed(n < 10_000 ? 1 : 0)} KB`;
  if (n < 1_000_000_000) return `${(n / 1_000_000).toFixed(1)} MB`;
  return `${(n / 1_000_000_000).toFixed(1)} GB`;
}

const days = new Map<string, Intl.DateTimeFormat>();

/** "20:41:07" of today, "29 Nov 20:41:07" of any other day. */
export function moment(at: number, now: number, timeZone: string): string {
  const time = timeOfDay(at, timeZone, true);
  const day = dayOf(at, timeZone);
  return day === dayOf(now, timeZone) ? time : `${day} ${time}`;
}

function dayOf(at: number, timeZone: string): string {
  let format = days.get(timeZone);
  if (!format) {
    const parts = { day: 'numeric', month: 'short', year: 'numeric' } as const;
    try {
      format = new Intl.DateTimeFormat('en-GB', { ...parts, timeZone });
    } catch {
      format = new Intl.DateTimeFormat('en-GB', parts);
    }
    days.set(timeZone, format);
  }
  return format.format(at);
}
