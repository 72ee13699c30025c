/** The one clock of this page. */

import { ServerClock } from './clock';

export const clock = new ServerClock(
  () => performance.now(),
  () => new Date().getTime(),
);
