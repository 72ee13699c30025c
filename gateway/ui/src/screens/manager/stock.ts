/** How much there is of an ingredient, and what it is enough for. */

import type { Recipe } from '../../api/model';
import type { StockLine } from './model';

export type StockState = 'empty' | 'low' | 'good';

export function stockState({ onHand, threshold }: StockLine): StockState {
  if (onHand <= 0) return 'empty';
  return onHand < threshold ? 'low' : 'good';
}

export const STOCK_WORDS: Record<StockState, string> = {
  empty: 'none left',
  low: 'low',
  good: 'enough',
};

const ORDER: StockState[] = ['empty', 'low', 'good'];

/** What is low first, and else by name. */
export function worstFirst(lines: StockLine[]): StockLine[] {
  const rank = (line: StockLine) => ORDER.indexOf(stockState(line));
  return [...lines].sort((a, b) => rank(a) - rank(b) || a.ingredient.localeCompare(b.ingredient));
}

/** The pizza that takes most of it, and how many of them there is enough for. */
export function enoughFor(
  { ingredient, onHand }: StockLine,
  recipes: Recipe[],
): { pizzaType: string; count: number } | undefined {
  let best: { pizzaType: string; quantity: number } | undefined;
  for (const { pizzaType, ingredients } of recipes) {
    const needed = ingredients.find((amount) => amount.ingredient === ingredient);
    if (!needed || needed.quantity <= 0) continue;
    if (!best || needed.quantity > best.quantity) best = { pizzaType, quantity: needed.quantity };
  }
  return best && { pizzaType: best.pizzaType, count: Math.floor(onHand / best.quantity) };
}

/** With its thousands apart, for a full store has six figures. */
export function amount(count: number): string {
  return count.toLocaleString('en');
}

/** The parts of a bar, each a share of its whole length. */
export interface BarParts {
  onHand: number;
  reserved: number;
  threshold: number;
}

export function barParts({ onHand, reserved, threshold }: StockLine): BarParts {
  // Three thresholds are plenty; a bar of more than that says only "enough".
  const whole = Math.max(onHand + reserved, threshold * 3, 1);
  const share = (value: number) => Math.min(1, Math.max(0, value) / whole);
  return { onHand: share(onHand), reserved: share(reserved), threshold: share(threshold) };
}

/** What always holds: whatever came in is somewhere. */
export function sumOf({ onHand, reserved, consumed, wasted, supplied }: StockLine): {
  words: string;
  isRight: boolean;
} {
  return {
    words: `supplied ${amount(supplied)} = on hand ${amount(onHand)} + set aside ${amount(reserved)} + baked ${amount(consumed)} + wasted ${amount(wasted)}`,
    isRight: supplied === onHand + reserved + consumed + wasted,
  };
}

/** A whole number that somebody typed; `undefined` if it is none. */
export function wholeNumber(
  text: string | number | undefined | null,
  least: number,
): number | undefined {
  const number = typeof text === 'number' ? text : Number(String(text ?? '').trim() || NaN);
  return Number.isInteger(number) && number >= least && number <= 1_000_000 ? number : undefined;
}
