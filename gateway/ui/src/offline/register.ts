/** Has a screen kept by the service worker, so that it opens without a network. */

/** Why a screen does not open without a network. */
export type Kept = 'kept' | 'insecure' | 'failed';

/** As it lies in a build. */
const WORKER = '/service-worker.js';

/** @param scope the addresses of the screen, as `/kitchen/` */
export async function keepScreen(scope: string): Promise<Kept> {
  // A development server has no build that could be kept.
  if (!import.meta.env.PROD) return 'failed';
  // Browsers have it over HTTPS and on their own machine alone.
  if (!('serviceWorker' in navigator)) return 'insecure';
  try {
    await navigator.serviceWorker.register(WORKER, { scope, updateViaCache: 'none' });
    return 'kept';
  } catch {
    return 'failed';
  }
}
