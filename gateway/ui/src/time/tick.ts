/** One tick a second for everything that counts, instead of a timer for each. */

import { createSubscriber } from 'svelte/reactivity';
import { clock } from './now';

const subscribe = createSubscriber((update) => {
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    update();
    // On the server's full second, so that all screens in a room count together.
    timer = setTimeout(tick, 1_000 - (clock.now() % 1_000));
  };
  timer = setTimeout(tick, 1_000 - (clock.now() % 1_000));
  return () => clearTimeout(timer);
});

/** Now, by the server's clock; what reads it in a component is drawn again each second. */
export function now(): number {
  subscribe();
  return clock.now();
}
