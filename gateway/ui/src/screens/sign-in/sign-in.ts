/** In and out, and what that means for this browser. */

import { closeSession, openSession, type Credentials } from '../../api/sessions';
import { session } from '../../frame/session.svelte';

/** @throws {ApiError} when the token is not known */
export async function signIn(credentials: Credentials): Promise<void> {
  await openSession(credentials);
  await session.change();
}

export async function signOut(): Promise<void> {
  await closeSession();
  forgetStored();
  await session.change();
}

/** Baskets and what else belongs to a person; a chosen theme belongs to the screen. */
function forgetStored(): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith('pizza.') && key !== 'pizza.theme') localStorage.removeItem(key);
    }
  } catch {
    // Nothing was stored.
  }
}
