/** What was tapped and did not come about, as short as it can be told. */

import type { RefusedTap } from '../../keep/taps';

export interface Refusal {
  keys: string[];
  orderId: string | undefined;
  what: string[];
  why: string;
}

/** The taps on one order that failed for the same reason are one line. */
export function gathered(refused: Omit<RefusedTap, 'wasKept'>[]): Refusal[] {
  const lines = new Map<string, Refusal>();
  for (const { key, orderId, what, why } of refused) {
    const same = `${orderId ?? key} ${why}`;
    const line = lines.get(same) ?? { keys: [], orderId, what: [], why };
    lines.set(same, { ...line, keys: [...line.keys, key], what: [...line.what, what] });
  }
  return [...lines.values()];
}
