/** A list that holds still while somebody aims at it, touches it, or is in it by the keyboard. */

import { untrack } from 'svelte';
import { now } from '../../time/tick';
import { nextList, NONE } from './steadyList';

/** So long after the last touch or move nothing moves yet. */
const TOUCHED_MS = 1_200;
/** A pointer that rests for longer aims at nothing. */
const AIMED_MS = 8_000;

export class HeldList {
  shown = $state.raw<string[]>([]);
  /** So many would be there that are not shown yet. */
  fresh = $state(0);
  /** Came while somebody looked. */
  news = $state.raw(NONE);
  #until = $state(0);
  #element: HTMLElement | undefined;
  #isOpened = false;

  /** To the element that is touched: `{@attach list.attach}`. */
  readonly attach = (element: HTMLElement): (() => void) => {
    this.#element = element;
    const touched = () => this.#hold(TOUCHED_MS);
    const aimed = ({ pointerType }: PointerEvent) =>
      this.#hold(pointerType === 'mouse' ? AIMED_MS : TOUCHED_MS);
    const left = () => (this.#until = Math.min(this.#until, untrack(now) + 300));
    const listeners: [string, (event: never) => void][] = [
      ['scroll', touched],
      ['pointerdown', touched],
      ['pointerup', touched],
      ['pointermove', aimed],
      ['pointerleave', left],
    ];
    const options = { passive: true, capture: true };
    for (const [name, heard] of listeners)
      element.addEventListener(name, heard as EventListener, options);
    return () => {
      for (const [name, heard] of listeners)
        element.removeEventListener(name, heard as EventListener, options);
    };
  };

  /** Within an effect before drawing. */
  want(wanted: string[]): void {
    const next = nextList(
      untrack(() => this.shown),
      wanted,
      this.#isHeld(),
    );
    if (next.came.size > 0 && this.#isOpened) this.news = next.came;
    this.#isOpened = true;
    if (!next.isSame) this.shown = next.shown;
    this.fresh = next.fresh;
  }

  /** It is about something else from now on. */
  begin(): void {
    this.shown = [];
    this.#until = 0;
    this.#isOpened = false;
  }

  /** Somebody asked for what is new. */
  release(): void {
    this.#isOpened = true;
    (document.activeElement as HTMLElement | null)?.blur();
    this.#until = 0;
  }

  #hold(ms: number): void {
    const until = untrack(now) + ms;
    // Each move of a pointer would be a change otherwise.
    if (until - this.#until > 500) this.#until = until;
  }

  #isHeld(): boolean {
    // The tick is only worth following while it is held.
    if (this.#until > untrack(now)) return now() < this.#until;
    return Boolean(this.#element?.querySelector(':focus-visible'));
  }
}
