/** Everything behind the screen of one driver, for all its parts. */

import { createSubscriber } from 'svelte/reactivity';
import type { Location, Restaurant } from '../../api/model';
import { read } from '../../api/read';
import { Sound } from '../../device/sound.svelte';
import { session } from '../../frame/session.svelte';
import { storedStream } from '../../keep/stored';
import { KeptThings } from '../../keep/things';
import { keepScreen } from '../../offline/register';
import { Live } from '../../stream/live.svelte';
import { clock } from '../../time/now';
import { now } from '../../time/tick';
import { Actions } from './actions';
import { Doing } from './doing.svelte';
import { stretch } from './distance';
import type { Day, Fix, Route } from './model';
import { asTapped, phaseOf } from './phase';
import type { Ride } from './ride';
import { PositionSender } from './sender';
import { Sensor } from './sensor.svelte';
import { driverSource, viewOf, type DriveEntity } from './source';

/** What a page has read beside the stream, and the next one cannot read without a network. */
interface Known {
  restaurant: Restaurant | undefined;
  route: Route | undefined;
  day: Day | undefined;
  isOwn: boolean;
}

export class Shift {
  readonly live: Live<DriveEntity>;
  readonly actions: Actions;
  readonly doing: Doing;
  readonly sound = new Sound('drive');
  readonly sensor: Sensor;
  readonly #sender: PositionSender;
  readonly #followSender: () => void;
  #senderChanged: () => void = () => undefined;
  #ride: Ride | undefined;
  readonly #memories;
  readonly #positions: KeptThings<Fix>;
  readonly #known: KeptThings<Known>;
  /** Of an earlier page, until the server says who is signed in. */
  #wasOwn = $state(false);

  restaurant = $state.raw<Restaurant | undefined>();
  /** Where the order is picked up, once it is known. */
  readonly pickUp = $derived(this.restaurant?.profile.location);
  route = $state.raw<Route | undefined>();
  day = $state.raw<Day | undefined>();
  readonly view = $derived.by(() => {
    const view = viewOf(this.live.current.entities);
    const isPickedUp = view.load && this.doing.isAhead('pick-up', view.load.orderId);
    return { ...view, load: asTapped(view.load, isPickedUp === true) };
  });
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
    if (session.status !== 'known') return session.status === 'absent' || this.#wasOwn;
    return role === 'local' || role === 'admin' || (role === 'driver' && subject === this.driverId);
  });

  constructor(readonly driverId: string) {
    const source = driverSource(driverId, (route) => (this.route = route));
    const memory = storedStream<DriveEntity>(source.url);
    const positions = storedStream<Fix>(`drive/${driverId}/positions`);
    const known = storedStream<Known>(`drive/${driverId}/known`);
    this.#memories = [memory, positions, known];
    this.#positions = new KeptThings(positions, () => clock.now());
    this.#known = new KeptThings(known, () => clock.now());
    this.live = new Live(source, memory);
    this.doing = new Doing(`drive/${driverId}`);
    this.actions = new Actions(driverId);
    this.#sender = new PositionSender({
      send: (fixes) => this.actions.sendPositions(fixes),
      now: () => clock.now(),
      changed: () => this.#senderChanged(),
      keep: (fixes) => this.#positions.save(fixes),
    });
    this.#followSender = createSubscriber((update) => {
      this.#senderChanged = update;
      return () => (this.#senderChanged = () => undefined);
    });
    this.sensor = new Sensor((fix) => this.#sender.take(fix) && this.#senderChanged());
    void this.#positions.load().then((fixes) => this.#sender.restore(fixes));
    void this.#known.load().then(([known]) => known && this.#remember(known));
    void keepScreen('/drive/');
  }

  /** Whoever reads it in a component follows it. */
  get sender(): PositionSender {
    this.#followSender();
    return this.#sender;
  }

  /** By a tap alone: the browser asks whoever holds the phone, and lets the sound on. */
  begin(): void {
    const command = this.doing.run('begin', this.actions.work('available'));
    void command?.settled.then(() => {
      // Nobody's position is sent who is not let on duty.
      if (command.status === 'refused' && this.sensor.state !== 'simulated') this.sensor.stop();
    });
    if (!this.sound.isMuted) void this.sound.switchOn();
    if (this.sensor.state !== 'simulated') this.sensor.start();
  }

  end(): void {
    this.doing.run('end', this.actions.work('offline'));
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

  async readRestaurant(id: string): Promise<void> {
    try {
      this.restaurant = await read('/api/restaurants/{id}', { id });
    } catch {
      // What was known of it will do, or its name.
    }
  }

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

  /** What this page has read is there for the next one. */
  keepKnown(): void {
    const { restaurant, route, day, isOwn } = this;
    if (restaurant ?? day) this.#known.save(() => [{ restaurant, route, day, isOwn }]);
  }

  /** The page goes: what is to be written does not go with it. */
  flush(): void {
    this.#sender.flush();
    for (const memory of this.#memories) memory.flush();
  }

  #remember({ restaurant, route, day, isOwn }: Known): void {
    this.restaurant ??= restaurant;
    this.route ??= route;
    this.day ??= day;
    this.#wasOwn = isOwn;
  }

  close(): void {
    this.flush();
    this.sensor.stop();
    this.#sender.close();
    this.live.close();
    this.sound.close();
  }
}
