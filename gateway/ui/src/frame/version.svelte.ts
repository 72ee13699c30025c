/** Whether the server is of another build than this page. */

import { request, whenVersionIsSeen } from '../api/http';

class VersionState {
  /** The one that answered when this page was new. */
  #own: string | undefined;
  isNewer = $state(false);
  /** A part of this page is not there any more, since it is of an older build. */
  isBroken = $state(false);

  see(version: string): void {
    this.#own ??= version;
    if (version !== this.#own) this.isNewer = true;
  }
}

export const version = new VersionState();

export function watchVersion(): void {
  whenVersionIsSeen((seen) => version.see(seen));
  window.addEventListener('vite:preloadError', () => {
    // A server that answers and does not have it is of another build; one that does not is away.
    request('/api/session').then(
      () => (version.isBroken = true),
      () => undefined,
    );
  });
}
