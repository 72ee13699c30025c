/** Nothing moves under a finger: a list that is touched keeps its order until it is let go. */

export interface Steady {
  order: string[];
  /** So many would be there that are not shown yet. */
  fresh: number;
}

/**
 * @param shown what is on the screen
 * @param wanted what the server says
 */
export function steady(shown: string[], wanted: string[], isHeld: boolean): Steady {
  if (!isHeld || shown.length === 0) return { order: wanted, fresh: 0 };
  const known = new Set(shown);
  // At the end there is room without moving anything; in between there is none.
  const last = wanted.findLastIndex((id) => known.has(id));
  const behind = wanted.slice(last + 1);
  const fresh = wanted.slice(0, last + 1).filter((id) => !known.has(id)).length;
  return { order: [...shown, ...behind], fresh };
}
