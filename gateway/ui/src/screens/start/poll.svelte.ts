/**
 * The figures of the start page: one request every 5 seconds while somebody looks, and no
 * stream, so that whoever opens all screens in one browser does not run out of connections.
 */

import { readOverview, type Overview } from '../../api/overview';
import { Reading } from '../../frame/reading.svelte';

const EVERY_MS = 5_000;
/** Figures that were not confirmed for longer are not called live. */
export const STALE_MS = 30_000;

export class Poll extends Reading<Overview> {
  constructor() {
    super(readOverview, EVERY_MS);
  }
}
