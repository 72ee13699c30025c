/** Sounds that the page makes itself. A browser lets it only after somebody has touched it. */

export type Tune = 'new' | 'late' | 'alarm';

/** Each note: how high in hertz, when in seconds, and how long. */
const TUNES: Record<Tune, [number, number, number][]> = {
  new: [[880, 0, 0.12]],
  late: [
    [587, 0, 0.16],
    [587, 0.24, 0.16],
  ],
  alarm: [
    [740, 0, 0.22],
    [523, 0.26, 0.22],
    [740, 0.52, 0.22],
  ],
};

const KEY = 'pizza.kitchen.sound';
const LOUDNESS = 0.25;

export class Sound {
  isRunning = $state(false);
  /** Somebody wants it silent, which a tablet remembers. */
  isMuted = $state(stored() === 'off');
  /** Alarms that nobody could hear. */
  missed = $state(0);
  #context: AudioContext | undefined;

  /** From within a tap; the browser allows it at no other time. */
  async switchOn(): Promise<void> {
    this.#mute(false);
    if (!this.#context) {
      const context = new AudioContext();
      context.onstatechange = () => (this.isRunning = context.state === 'running');
      this.#context = context;
    }
    await this.#context.resume();
    this.isRunning = this.#context.state === 'running';
    this.missed = 0;
    this.play('new');
  }

  switchOff(): void {
    this.#mute(true);
  }

  play(tune: Tune): void {
    const context = this.#context;
    if (this.isMuted) return;
    if (!context || context.state !== 'running') {
      if (tune === 'alarm') this.missed++;
      return;
    }
    for (const [pitch, after, length] of TUNES[tune]) note(context, pitch, after, length);
  }

  close(): void {
    void this.#context?.close();
    this.#context = undefined;
  }

  #mute(isMuted: boolean): void {
    this.isMuted = isMuted;
    try {
      localStorage.setItem(KEY, isMuted ? 'off' : 'on');
    } catch {
      // A browser that stores nothing has it for this page alone.
    }
  }
}

/** Swells and dies down, since a tone that is cut off clicks. */
function note(context: AudioContext, pitch: number, after: number, length: number): void {
  const [start, tone, volume] = [
    context.currentTime + after,
    context.createOscillator(),
    context.createGain(),
  ];
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01);
  volume.gain.setTargetAtTime(0, start + length - 0.04, 0.02);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + length + 0.1);
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
