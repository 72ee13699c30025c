/** Which rows of a long list are drawn: those in view, and a few above and below. */

export interface Part {
  first: number;
  /** Behind the last one. */
  end: number;
  /** Pixels of what is not drawn. */
  before: number;
  after: number;
}

export interface Room {
  scrollTop: number;
  height: number;
  rowHeight: number;
  count: number;
}

/** Rows that are there before they are scrolled to. */
const SPARE = 6;

export function partOf({ scrollTop, height, rowHeight, count }: Room): Part {
  const rows = Math.ceil(height / rowHeight) + 2 * SPARE;
  // A list that has shrunk is scrolled further than it is long, for a moment.
  const highest = Math.max(0, count - rows);
  const first = Math.min(Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE), highest);
  const end = Math.min(count, first + rows);
  return { first, end, before: first * rowHeight, after: (count - end) * rowHeight };
}
