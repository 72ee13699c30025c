/** Where the phone is, as the browser says it, or as the demo's ride does. */

import { clock } from '../../time/now';
import type { Fix } from './model';
import type { Ride } from './ride';

export type SensorState =
  /** Nobody was asked yet. */
  | 'off'
  | 'asking'
  | 'on'
  /** Somebody does not want it. */
  | 'refused'
  /** There is none, or it finds nothing, or the page is not one that may ask. */
  | 'missing'
  | 'simulated';

/** A receiver that stands still says nothing: where it was last it is, until it says otherwise. */
const STILL_MS = 5_000;
const RIDE_MS = 1_000;

export class Sensor {
  state = $state<SensorState>('off');
  fix = $state.raw<Fix | undefined>();
  #watch: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** It has said since the last fix that it finds nothing. */
  #isLost = false;

  constructor(private readonly found: (fix: Fix) => void) {}

  /** Asks nobody who has not said yes already. */
  async startIfAllowed(): Promise<void> {
    try {
      const { state } = await navigator.permissions.query({ name: 'geolocation' });
      if (state === 'granted' && this.state === 'off') this.start();
    } catch {
      // A browser that does not tell is asked by a tap.
    }
  }

  start(): void {
    if (this.state === 'on' || this.state === 'asking') return;
    this.stop();
    if (!('geolocation' in navigator) || !window.isSecureContext) {
      this.state = 'missing';
      return;
    }
    this.state = 'asking';
    const options = { enableHighAccuracy: true, maximumAge: 0, timeout: 30_000 };
    const heard = (position: GeolocationPosition) => this.#heard(position);
    const failed = (error: GeolocationPositionError) => this.#failed(error);
    this.#watch = navigator.geolocation.watchPosition(heard, failed, options);
    this.#timer = setInterval(() => this.#stands(), STILL_MS);
  }

  simulate(ride: Ride): void {
    this.stop();
    this.state = 'simulated';
    const step = () => this.#take(ride.fix(clock.now()));
    step();
    this.#timer = setInterval(step, RIDE_MS);
  }

  stop(): void {
    if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = undefined;
    clearInterval(this.#timer);
    this.state = 'off';
  }

  #heard({ coords }: GeolocationPosition): void {
    if (this.state === 'off' || this.state === 'simulated') return;
    this.state = 'on';
    this.#isLost = false;
    this.#take({
      location: { lat: coords.latitude, lon: coords.longitude },
      // The moment it came: the phone's own clock may be an hour wrong.
      at: clock.now(),
      accuracy: coords.accuracy,
      speed: coords.speed ?? undefined,
      heading: coords.heading === null || Number.isNaN(coords.heading) ? undefined : coords.heading,
    });
  }

  #failed({ code, PERMISSION_DENIED }: GeolocationPositionError): void {
    if (this.state === 'off' || this.state === 'simulated') return;
    this.#isLost = true;
    if (code === PERMISSION_DENIED) {
      this.stop();
      this.state = 'refused';
    } else if (this.state === 'asking') {
      // It goes on looking.
      this.state = 'missing';
    }
  }

  #stands(): void {
    if (this.fix && this.state === 'on' && !this.#isLost) {
      this.#take({ ...this.fix, at: clock.now(), speed: 0 });
    }
  }

  #take(fix: Fix): void {
    this.fix = fix;
    this.found(fix);
  }
}
