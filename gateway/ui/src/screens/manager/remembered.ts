/** The restaurant that this browser's manager looked at last. */

const KEY = 'pizza.manager.last';

export function remember(restaurantId: string): void {
  try {
    localStorage.setItem(KEY, restaurantId);
  } catch {
    // A browser that stores nothing begins with the first one.
  }
}

export function remembered(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
