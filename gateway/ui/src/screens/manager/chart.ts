/** The geometry of a small chart of hours or days: bars, lines, and three lines of a grid. */

export interface Frame {
  width: number;
  height: number;
  /** How many points there are side by side. */
  points: number;
  /** What the highest line of the grid stands for. */
  top: number;
}

/** Room for the words of the grid, and for those of the hours. */
export const LEFT = 44;
export const BOTTOM = 18;
export const HEAD = 6;

/** Bars of ten with gaps of four, or as wide in other rooms. */
const BAR_SHARE = 10 / 14;

export function stepOf({ width, points }: Frame): number {
  return Math.max(0, width - LEFT) / Math.max(1, points);
}

export function xOf(frame: Frame, n: number): number {
  return LEFT + (n + 0.5) * stepOf(frame);
}

export function yOf({ height, top }: Frame, value: number): number {
  const room = height - HEAD - BOTTOM;
  return HEAD + room * (1 - value / top);
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function barOf(frame: Frame, n: number, value: number): Bar {
  const width = Math.max(1, stepOf(frame) * BAR_SHARE);
  const y = yOf(frame, value);
  return { x: xOf(frame, n) - width / 2, y, width, height: yOf(frame, 0) - y };
}

/** A line that is broken where nothing is known; a point alone is a short stroke. */
export function lineOf(frame: Frame, values: (number | undefined)[]): string {
  const parts: string[] = [];
  values.forEach((value, n) => {
    if (value === undefined) return;
    const at = `${round(xOf(frame, n))} ${round(yOf(frame, value))}`;
    const isFirst = values[n - 1] === undefined;
    if (isFirst && values[n + 1] === undefined) parts.push(`M${at}m-3 0h6`);
    else parts.push(`${isFirst ? 'M' : 'L'}${at}`);
  });
  return parts.join('');
}

function round(px: number): number {
  return Math.round(px * 10) / 10;
}

/** The lowest round number that is not below any of the values: 1, 2 or 5 of some power of ten. */
export function topOf(values: (number | undefined)[], least = 1): number {
  const highest = Math.max(least, ...values.filter((value) => value !== undefined));
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 4, 5, 10].find((factor) => factor * power >= highest) ?? 10;
  return step * power;
}

/** The points that have words below them: of a few, no two are the same. */
export function markedOf(points: number): number[] {
  return [...new Set([0, Math.floor(points / 2), points - 1])].filter((n) => n >= 0 && n < points);
}

/** The point under a pointer. */
export function pointAt(frame: Frame, x: number): number {
  const n = Math.floor((x - LEFT) / stepOf(frame));
  return Math.min(Math.max(0, n), frame.points - 1);
}

const HOUR_MS = 3_600_000;

/**
 * The last hours without a hole, oldest first: of an hour in which nothing happened nobody tells.
 * @param now by the server's clock
 */
export function lastHours<T extends { start: string }>(
  periods: T[],
  now: number,
  count: number,
): { start: number; period: T | undefined }[] {
  const byStart = new Map(periods.map((period) => [Date.parse(period.start), period]));
  // Where the clocks are half an hour off, hours begin in the middle of others.
  const first: number = byStart.keys().next().value ?? 0;
  const offset = first % HOUR_MS;
  const current = Math.floor((now - offset) / HOUR_MS) * HOUR_MS + offset;
  return Array.from({ length: count }, (_, n) => {
    const start = current - (count - 1 - n) * HOUR_MS;
    return { start, period: byStart.get(start) };
  });
}
