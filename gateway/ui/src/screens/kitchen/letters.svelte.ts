/** How large the cards are: three steps, for the distance from which they are read. */

export type Letters = 'normal' | 'large' | 'largest';

export const LETTERS: [Letters, string][] = [
  ['normal', 'As they are'],
  ['large', 'Larger'],
  ['largest', 'Largest'],
];

const KEY = 'pizza.kitchen.letters';

class LettersState {
  size = $state(stored());

  choose(size: Letters): void {
    this.size = size;
    try {
      localStorage.setItem(KEY, size);
    } catch {
      // A browser that stores nothing has it for this page alone.
    }
  }
}

function stored(): Letters {
  try {
    const found = LETTERS.find(([size]) => size === localStorage.getItem(KEY));
    return found?.[0] ?? 'normal';
  } catch {
    return 'normal';
  }
}

export const letters = new LettersState();
