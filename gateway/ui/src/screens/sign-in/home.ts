/** Where somebody wants to be who has just said who they are. */

import type { DemoRole } from '../../api/session';
import { match } from '../../routing/match';
import { SCREENS } from '../../routing/screens';

/** The first screen of a role, as far as there is one; the start page leads on to all others. */
export function homeOf({ role, subject }: DemoRole, roles: DemoRole[]): string {
  const path = pathOf(role, subject, roles);
  return path !== undefined && SCREENS.some((screen) => match(screen.path, path)) ? path : '/';
}

function pathOf(role: DemoRole['role'], subject: string, roles: DemoRole[]): string | undefined {
  const of = (screen: string, id: string) => `/${screen}/${encodeURIComponent(id)}`;
  switch (role) {
    case 'customer': {
      // Where anybody of the demo works, one can order too.
      const restaurant = roles.find(({ restaurantId }) => restaurantId)?.restaurantId;
      return restaurant === undefined ? undefined : of('order', restaurant);
    }
    case 'driver':
      return of('drive', subject);
    case 'kitchen':
    case 'manager':
      return of(role, subject);
    case 'admin':
    case 'observer':
      return '/operate';
    default:
      return undefined;
  }
}
