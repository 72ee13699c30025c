/** What is read aloud: one polite voice for the page, which speaks at most once in 5 seconds. */

const PAUSE_MS = 5_000;

class Announcer {
  spoken = $state('');
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    // The same again is nothing new.
    if (this.#waiting.at(-1) === text) return;
    this.#waiting.push(text);
    if (this.#timer === undefined) this.#speak();
  }

  #speak(): void {
    this.spoken = this.#waiting.splice(0).join(' ');
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#waiting.length > 0) this.#speak();
    }, PAUSE_MS);
  }
}

export const announcer = new Announcer();
