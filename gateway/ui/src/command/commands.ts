/** The sender of this page. */

import { request } from '../api/http';
import { session } from '../frame/session.svelte';
import { clock } from '../time/now';
import { CommandSender } from './sender';

export const commands = new CommandSender({
  request,
  clock,
  isOnline: () => navigator.onLine,
});

window.addEventListener('online', () => commands.resume());
// What was tapped before somebody signed in waits no longer.
session.whenChanged(() => commands.resume());
