/** In and out, and what that means for this browser. */

import { closeSession, openSession, type Credentials } from '../../api/sessions';
import { forgetAll } from '../../keep/database';
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

/** Baskets and what else belongs to a person; how it looks and sounds belongs to the screen. */
function forgetStored(): void {
  forgetAll();
  try {
    for (const key of Object.keys(localStorage)) {
      const isOfScreen = key === 'pizza.theme' || key.startsWith('pizza.kitchen.');
      if (key.startsWith('pizza.') && !isOfScreen) localStorage.removeItem(key);
    }
  } catch {
    // Nothing was stored.
  }
}
