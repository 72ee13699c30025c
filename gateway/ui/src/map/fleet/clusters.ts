/** Where markers lie so close that nobody could tell them apart, a number stands for them. */

export interface Placed {
  x: number;
  y: number;
}

export interface Cluster<T extends Placed> {
  /** The middle of those it stands for. */
  x: number;
  y: number;
  of: T[];
}

export interface Clustered<T extends Placed> {
  single: T[];
  clusters: Cluster<T>[];
}

/** Pixels: the squares in which markers are counted. */
export const CELL_PX = 40;
/** As many may lie in one square and are still drawn each. */
export const SINGLE_MAX = 60;

export function cluster<T extends Placed>(
  markers: T[],
  cellPx = CELL_PX,
  singleMax = SINGLE_MAX,
): Clustered<T> {
  // Most maps have fewer altogether, and need no counting.
  if (markers.length <= singleMax) return { single: markers, clusters: [] };
  const cells = new Map<string, T[]>();
  for (const marker of markers) {
    const cell = `${Math.floor(marker.x / cellPx)},${Math.floor(marker.y / cellPx)}`;
    const inCell = cells.get(cell);
    if (inCell) inCell.push(marker);
    else cells.set(cell, [marker]);
  }
  const clustered: Clustered<T> = { single: [], clusters: [] };
  for (const of of cells.values()) {
    if (of.length <= singleMax) clustered.single.push(...of);
    else clustered.clusters.push({ ...middle(of), of });
  }
  return clustered;
}

function middle(markers: Placed[]): Placed {
  const sum = markers.reduce(({ x, y }, marker) => ({ x: x + marker.x, y: y + marker.y }), {
    x: 0,
    y: 0,
  });
  return { x: sum.x / markers.length, y: sum.y / markers.length };
}

/** The nearest within reach of a pointer or a finger. */
export function nearest<T extends Placed>(
  markers: T[],
  at: Placed,
  reachPx: number,
): T | undefined {
  let best: T | undefined;
  let bestDistance = reachPx;
  for (const marker of markers) {
    const distance = Math.hypot(marker.x - at.x, marker.y - at.y);
    if (distance > bestDistance) continue;
    best = marker;
    bestDistance = distance;
  }
  return best;
}
