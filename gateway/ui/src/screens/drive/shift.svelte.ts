/** Everything behind the screen of one driver, for all its parts. */

import { createSubscriber } from 'svelte/reactivity';
import type { Location } from '../../api/model';
import { read } from '../../api/read';
import { Sound } from '../../device/sound.svelte';
import { session } from '../../frame/session.svelte';
import { Live } from '../../stream/live.svelte';
import { clock } from '../../time/now';
import { now } from '../../time/tick';
import { Actions } from './actions';
import { Doing } from './doing.svelte';
import { stretch } from './distance';
import type { Day, Route } from './model';
import { phaseOf } from './phase';
import type { Ride } from './ride';
import { PositionSender } from './sender';
import { Sensor } from './sensor.svelte';
import { driverSource, viewOf, type DriveEntity } from './source';

export class Shift {
  readonly live: Live<DriveEntity>;
  readonly actions: Actions;
  readonly doing = new Doing();
  readonly sound = new Sound('drive');
  readonly sensor: Sensor;
  readonly #sender: PositionSender;
  readonly #followSender: () => void;
  #senderChanged: () => void = () => undefined;
  #ride: Ride | undefined;

  route = $state.raw<Route | undefined>();
  day = $state.raw<Day | undefined>();
  readonly view = $derived.by(() => viewOf(this.live.current.entities));
  readonly phase = $derived.by(() => {
    const { duty, load } = this.view;
    return duty ? phaseOf(duty, load, now()) : undefined;
  });
  /** Where the driver is: as the phone says, or as the server was told last. */
  readonly here = $derived.by<Location | undefined>(
    () => this.sensor.fix?.location ?? this.view.duty?.location,
  );
  /** Whoever is not this driver looks on, and presses nothing. */
  readonly isOwn = $derived.by(() => {
    const { role, subject } = session.current;
    if (session.status !== 'known') return session.status === 'absent';
    return role === 'local' || role === 'admin' || (role === 'driver' && subject === this.driverId);
  });

  constructor(readonly driverId: string) {
    this.live = new Live(driverSource(driverId, (route) => (this.route = route)));
    this.actions = new Actions(driverId);
    this.#sender = new PositionSender({
      send: (fixes) => this.actions.sendPositions(fixes),
      now: () => clock.now(),
      changed: () => this.#senderChanged(),
    });
    this.#followSender = createSubscriber((update) => {
      this.#senderChanged = update;
      return () => (this.#senderChanged = () => undefined);
    });
    this.sensor = new Sensor((fix) => this.#sender.take(fix) && this.#senderChanged());
  }

  /** Whoever reads it in a component follows it. */
  get sender(): PositionSender {
    this.#followSender();
    return this.#sender;
  }

  /** By a tap alone: the browser asks whoever holds the phone, and lets the sound on. */
  begin(): void {
    const command = this.doing.run('work', this.actions.work('available'));
    void command?.settled.then(() => {
      // Nobody's position is sent who is not let on duty.
      if (command.status === 'refused' && this.sensor.state !== 'simulated') this.sensor.stop();
    });
    if (!this.sound.isMuted) void this.sound.switchOn();
    if (this.sensor.state !== 'simulated') this.sensor.start();
  }

  end(): void {
    this.doing.run('work', this.actions.work('offline'));
  }

  /** Instead of the phone's own position, for the demo. */
  async simulate(start: Location): Promise<void> {
    const { Ride } = await import('./ride');
    this.#ride = new Ride(this.here ?? start, clock.now());
    this.sensor.simulate(this.#ride);
    this.rideOn();
  }

  /** Along what lies ahead, as far as the order allows. */
  rideOn(): void {
    const path = this.route?.path ?? [];
    const { load } = this.view;
    if (!this.#ride || path.length < 2 || !load) return;
    const last = path[path.length - 1];
    const stop = load.status === 'ready' ? this.pickUp : last;
    if (stop) this.#ride.follow(stretch(path, this.#ride.here, stop), clock.now());
  }

  /** Where the order is picked up, once it is known. */
  pickUp = $state.raw<Location | undefined>();

  async readDay(): Promise<void> {
    try {
      this.day = await read('/api/drivers/{id}/day', { id: this.driverId });
    } catch {
      // The next time will do.
    }
  }

  async readRoute(): Promise<void> {
    try {
      const { route } = await read('/api/drivers/{id}/status', { id: this.driverId });
      this.route = route;
    } catch {
      // A straight line is drawn until then.
    }
  }

  retryPositions(): void {
    this.#sender.retryNow();
  }

  close(): void {
    this.sensor.stop();
    this.#sender.close();
    this.live.close();
    this.sound.close();
  }
}
