/** What the screen that is open has to say in the common frame. */

import type { Condition, Observed } from '../stream/condition';
import { LOCAL_ZONE } from '../time/words';

/** What the light and the banner want to know of a stream, whatever it tells of. */
export interface LiveRegion {
  readonly current: Observed & { nextTryAt: number | undefined; retryNow(): void };
  condition(now: number, isOnline: boolean): Condition;
}

class FrameState {
  /** Where one is, as "Napoli · Order". */
  place = $state('');
  timeZone = $state(LOCAL_ZONE);
  /** The stream that the screen holds; the light and the banner tell of it. */
  live = $state.raw<LiveRegion | undefined>();
  /** For a screen without a stream that still shows what may be old. */
  condition = $state.raw<Condition | undefined>();

  /** A screen that opens begins with nothing of the one before it. */
  reset(): void {
    this.place = '';
    this.timeZone = LOCAL_ZONE;
    this.live = undefined;
    this.condition = undefined;
  }

  /** @param title state and place first, as "In the oven · Order 7f3a" */
  show(title: string, place: string): void {
    this.place = place;
    document.title = title ? `${title} · Awesome Pizza` : 'Awesome Pizza';
  }
}

export const frame = new FrameState();
