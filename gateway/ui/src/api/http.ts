/** The one way from this page to the gateway. Every answer tells something about the server. */

import { clock } from '../time/now';

/** Called with the version of the program that answered. */
let onVersion: (version: string) => void = () => undefined;

export function whenVersionIsSeen(listener: (version: string) => void): void {
  onVersion = listener;
}

/** A stream tells it, too, to tabs that listen to another tab's. */
export function sawVersion(version: string): void {
  onVersion(version);
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const sentAt = clock.mark();
  const response = await fetch(path, { credentials: 'same-origin', ...init });
  clock.glimpse(response.headers.get('date'), sentAt);
  const version = response.headers.get('x-pizza-version');
  if (version) onVersion(version);
  return response;
}
