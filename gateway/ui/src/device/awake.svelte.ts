/** Keeps the screen of a tablet on a wall, or of a phone in a holder, from going dark. */

export class Awake {
  /** The browser does not let us, so that somebody has to set the tablet up. */
  isRefused = $state(false);
  #lock: WakeLockSentinel | undefined;
  #isClosed = false;
  readonly #look = () => {
    if (!document.hidden) void this.#take();
  };

  constructor() {
    // A browser takes it away from each page that is hidden.
    document.addEventListener('visibilitychange', this.#look);
    void this.#take();
  }

  close(): void {
    this.#isClosed = true;
    document.removeEventListener('visibilitychange', this.#look);
    void this.#lock?.release();
  }

  async #take(): Promise<void> {
    // Pages over plain HTTP do not have it.
    if (!('wakeLock' in navigator)) {
      this.isRefused = true;
      return;
    }
    try {
      const lock = await navigator.wakeLock.request('screen');
      if (this.#isClosed) return void lock.release();
      this.#lock = lock;
      this.isRefused = false;
    } catch {
      this.isRefused = !document.hidden;
    }
  }
}
