/** Sounds that the page makes itself. A browser lets it only after somebody has touched it. */

export type Tune = 'new' | 'late' | 'alarm' | 'offer';

/** Whoever does not hear these misses something. */
const MATTERS: readonly Tune[] = ['alarm', 'offer'];

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
  offer: [
    [659, 0, 0.14],
    [880, 0.16, 0.14],
    [1175, 0.32, 0.26],
  ],
};

/** At full volume; louder than this it distorts. */
const LOUDNESS = 0.5;
const VOLUME = 0.5;

export class Sound {
  isRunning = $state(false);
  /** Somebody wants it silent, which a tablet remembers. */
  isMuted = $state(false);
  /** Between 0 and 1. */
  volume = $state(VOLUME);
  /** Alarms that nobody could hear. */
  missed = $state(0);
  #context: AudioContext | undefined;
  readonly #key: string;

  /** @param screen whose sound it is, as `kitchen` */
  constructor(screen: string) {
    this.#key = `pizza.${screen}.sound`;
    this.isMuted = stored(this.#key) === 'off';
    this.volume = storedVolume(`${this.#key}.volume`);
  }

  /** From within a tap; the browser allows it at no other time. */
  async switchOn({ isSilent = false } = {}): Promise<void> {
    this.#mute(false);
    if (!this.#context) {
      const context = new AudioContext();
      context.onstatechange = () => (this.isRunning = context.state === 'running');
      this.#context = context;
    }
    await this.#context.resume();
    this.isRunning = this.#context.state === 'running';
    this.missed = 0;
    if (!isSilent) this.play('new');
  }

  switchOff(): void {
    this.#mute(true);
  }

  play(tune: Tune): void {
    const context = this.#context;
    if (this.isMuted) return;
    if (!context || context.state !== 'running') {
      if (MATTERS.includes(tune)) this.missed++;
      return;
    }
    for (const [pitch, after, length] of TUNES[tune])
      note(context, LOUDNESS * this.volume, pitch, after, length);
  }

  setVolume(volume: number): void {
    this.volume = volume;
    store(`${this.#key}.volume`, String(volume));
  }

  close(): void {
    void this.#context?.close();
    this.#context = undefined;
  }

  #mute(isMuted: boolean): void {
    this.isMuted = isMuted;
    store(this.#key, isMuted ? 'off' : 'on');
  }
}

/** Swells and dies down, since a tone that is cut off clicks. */
function note(
  context: AudioContext,
  loudness: number,
  pitch: number,
  after: number,
  length: number,
): void {
  const [start, tone, volume] = [
    context.currentTime + after,
    context.createOscillator(),
    context.createGain(),
  ];
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(loudness, start + 0.01);
  volume.gain.setTargetAtTime(0, start + length - 0.04, 0.02);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + length + 0.1);
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function storedVolume(key: string): number {
  const volume = Number(stored(key) ?? VOLUME);
  return volume > 0 && volume <= 1 ? volume : VOLUME;
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that stores nothing has it for this page alone.
  }
}
