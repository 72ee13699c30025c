/** Lets a hidden page go of its stream, and brings it back when somebody looks. */

import type { StreamStore } from './store';

/** So long a hidden tab may hold one of the few connections of a browser. */
const HIDDEN_MAX_MS = 5 * 60_000;

/** @returns how to end it */
export function followVisibility<E>(store: StreamStore<E>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (!document.hidden) {
      store.resume();
      store.retryNow();
    } else if (!store.staysWhenHidden) {
      timer = setTimeout(() => store.pause(), HIDDEN_MAX_MS);
    }
  };
  const online = () => store.retryNow();
  document.addEventListener('visibilitychange', look);
  const offline = () => store.doubt();
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
  };
}
