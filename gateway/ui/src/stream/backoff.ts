/** How long to wait before the next try. */

const STEPS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** Those who lost the connection together shall not come back together. */
const JITTER = 0.3;

/**
 * @param failures how many tries have failed one after the other, this one included
 * @param retryAfterMs what the server asked for, which counts more
 * @param random between 0 and 1
 */
export function backoff(failures: number, retryAfterMs = 0, random = Math.random()): number {
  const step = STEPS_MS[Math.min(Math.max(failures, 1), STEPS_MS.length) - 1] ?? 0;
  const spread = 1 + JITTER * (2 * random - 1);
  return Math.round(Math.max(step * spread, retryAfterMs));
}
