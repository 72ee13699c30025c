import { describe, expect, it } from 'vitest';
import type { DemoRole } from '../../api/session';
import { SCREENS } from '../../routing/screens';
import { homeOf } from './home';

const role = (role: DemoRole['role'], subject: string, restaurantId?: string): DemoRole => ({
  role,
  subject,
  label: role,
  ...(restaurantId ? { restaurantId } : {}),
});
const ROLES = [
  role('customer', 'customer-1'),
  role('driver', 'driver-1'),
  role('kitchen', 'da lia', 'da lia'),
  role('manager', 'da lia', 'da lia'),
  role('admin', ''),
];

describe('the first screen of a role', () => {
  const has = (path: string) => SCREENS.some((screen) => screen.path === path);
  it.each([
    ['customer', '/order/{restaurantId}', '/order/da%20lia'],
    ['driver', '/drive/{driverId}', '/drive/driver-1'],
    ['kitchen', '/kitchen/{restaurantId}', '/kitchen/da%20lia'],
    ['manager', '/manager/{restaurantId}', '/manager/da%20lia'],
    ['admin', '/operate', '/operate'],
  ])('of the %s', (name, screen, home) => {
    const found = ROLES.find((one) => one.role === name);
    // A build without that screen leads to the start page, which leads on.
    expect(found && homeOf(found, ROLES)).toBe(has(screen) ? home : '/');
  });

  it('is the start page for a customer where nobody bakes', () => {
    expect(homeOf(role('customer', 'customer-1'), [])).toBe('/');
  });
});
