/** Events in frames: however many come, a page is drawn once a frame, and stays quick to touch. */

/** More would hold up a finger on a slow tablet. */
const PER_FRAME = 200;
const HIDDEN_MS = 1_000;

/** Runs something once, soon; returns how to call it off. */
export type Schedule = (run: () => void) => () => void;

export class FrameQueue<T> {
  #waiting: T[] = [];
  #callOff: (() => void) | undefined;

  constructor(
    private readonly apply: (items: T[]) => void,
    private readonly schedule: Schedule = nextFrame,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  push(item: T): void {
    this.#waiting.push(item);
    this.#callOff ??= this.schedule(() => this.#run());
  }

  clear(): void {
    this.#waiting = [];
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #run(): void {
    const items = this.#waiting.splice(0, PER_FRAME);
    this.#callOff = this.#waiting.length > 0 ? this.schedule(() => this.#run()) : undefined;
    this.apply(items);
  }
}

/** With the next frame; a hidden page has none, and is content with once a second. */
export const nextFrame: Schedule = (run) => {
  let frame = 0;
  const once = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  };
  // Both, since a page may be hidden between the request of a frame and the frame.
  const timer = setTimeout(once, HIDDEN_MS);
  if (!document.hidden) frame = requestAnimationFrame(once);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
};
