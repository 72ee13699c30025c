/** What the screen that is open has to say in the common frame. */

import type { Problem } from '../api/problem';
import type { Condition } from '../stream/condition';
import { LOCAL_ZONE } from '../time/words';

/** What the light and the banner want to know of what a screen shows, whatever it tells of. */
export interface LiveRegion {
  readonly current: {
    readonly problem: Problem | undefined;
    /** By the server's clock, as all moments here. */
    readonly lastSignAt: number | undefined;
    readonly downSince: number | undefined;
    readonly nextTryAt: number | undefined;
    retryNow(): void;
  };
  /** `undefined` where nothing is worth a light. */
  condition(now: number, isOnline: boolean): Condition | undefined;
}

class FrameState {
  /** Where one is, as "Napoli · Order". */
  place = $state('');
  timeZone = $state(LOCAL_ZONE);
  /** What the screen shows and may be old; the light and the banner tell of it. */
  live = $state.raw<LiveRegion | undefined>();

  /** A screen that opens begins with nothing of the one before it. */
  reset(): void {
    this.place = '';
    this.timeZone = LOCAL_ZONE;
    this.live = undefined;
  }

  /** @param title state and place first, as "In the oven · Order 7f3a" */
  show(title: string, place: string): void {
    this.place = place;
    document.title = title ? `${title} · Awesome Pizza` : 'Awesome Pizza';
  }
}

export const frame = new FrameState();
