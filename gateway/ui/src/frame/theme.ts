/** Light or dark: as the system has it, unless somebody has chosen here. */

export type Theme = 'system' | 'light' | 'dark';

export const THEME_KEY = 'pizza.theme';

export function chosenTheme(): Theme {
  const chosen = stored();
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function applyTheme(theme: Theme = chosenTheme()): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
}

function stored(): string | null {
  try {
    return localStorage.getItem(THEME_KEY);
  } catch {
    return null;
  }
}
