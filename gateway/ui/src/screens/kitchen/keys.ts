/** What a key means on this screen, for those who have a keyboard or a row of big buttons. */

export type KeyAction = 'undo' | 'recall' | 'help' | { card: number };

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat' | 'target'>;

const KEY = 'pizza.kitchen.keys';

export function keyPressed(event: Pressed): KeyAction | undefined {
  // A key that is leaned on is no tap.
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return undefined;
  if (isBusy(event.target)) return undefined;
  return areKeysOn() ? actionOf(event.key) : undefined;
}

export function actionOf(key: string): KeyAction | undefined {
  if (/^[1-9]$/.test(key)) return { card: Number(key) };
  switch (key) {
    case 'u':
      return 'undo';
    case 'r':
      return 'recall';
    case '?':
      return 'help';
    default:
      return undefined;
  }
}

/** Somebody writes, or a dialog is open. */
function isBusy(target: EventTarget | null): boolean {
  const isWriting = target instanceof Element && target.closest('input, textarea, select');
  return Boolean(isWriting) || document.querySelector('dialog[open]') !== null;
}

export function areKeysOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

export function switchKeys(areOn: boolean): void {
  try {
    localStorage.setItem(KEY, areOn ? 'on' : 'off');
  } catch {
    // A browser that stores nothing keeps them on.
  }
}
