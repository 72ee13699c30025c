/** One map on a page: the city, its labels, and what moves. */

import type { Location } from '../api/model';
import { BaseMap, tuple } from './base';
import { Glide } from './glide';
import { drawMarkers } from './markers';

export interface Shown {
  restaurant: Location | undefined;
  door: Location | undefined;
  driver: { location: Location; at: number; isStale: boolean } | undefined;
  /** What lies before the driver; without it, a straight line to the door. */
  path?: Location[] | undefined;
}

export interface MapEvents {
  pick?: ((location: Location) => void) | undefined;
  follow?: ((isFollowing: boolean) => void) | undefined;
}

/** The driver is followed, but what they drive to stays in view for long. */
const EDGE = 1 / 6;

export class MapView {
  readonly #base: BaseMap;
  readonly #glide = new Glide();
  #shown: Shown = { restaurant: undefined, door: undefined, driver: undefined };
  #framed = '';
  #isFollowing = true;

  constructor(
    element: HTMLElement,
    private readonly events: MapEvents,
  ) {
    this.#base = new BaseMap(
      element,
      (context) => this.#drawMoving(context),
      () => {
        this.#framed = '';
        this.#frame();
      },
    );
    this.#base.map.on('dragstart', () => this.follow(false));
    this.#base.map.on('click', ({ latlng }) => {
      this.events.pick?.({ lat: latlng.lat, lon: latlng.lng });
    });
  }

  show(shown: Shown): void {
    this.#shown = shown;
    const { driver } = shown;
    const now = performance.now();
    if (driver) this.#glide.moveTo(driver.location, driver.at, now, this.#base.jumps);
    this.#frame();
    this.#base.redraw();
  }

  follow(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing) return;
    this.#isFollowing = isFollowing;
    this.#framed = '';
    if (isFollowing) this.#frame();
    this.events.follow?.(isFollowing);
  }

  zoom(steps: number): void {
    this.#base.zoom(steps);
  }

  /** What somebody without a pointer means by "here". */
  pickCentre(): void {
    const { lat, lng } = this.#base.map.getCenter();
    this.events.pick?.({ lat, lon: lng });
  }

  close(): void {
    this.#base.close();
  }

  /** Everything in view, once for each set of things; then whoever looks decides. */
  #frame(): void {
    const { restaurant, door, driver } = this.#shown;
    if (!this.#isFollowing || this.events.pick) return this.#frameForPicking();
    const places = [restaurant, door, driver?.location].filter((place) => place !== undefined);
    const key =
      [restaurant, door].map((place) => JSON.stringify(place)).join() + (driver ? 'd' : '');
    if (key === this.#framed || places.length === 0) return;
    this.#framed = key;
    this.#base.fit(places);
  }

  #frameForPicking(): void {
    const { restaurant } = this.#shown;
    if (!this.events.pick || this.#framed === 'picking' || !restaurant) return;
    this.#framed = 'picking';
    this.#base.map.setView(tuple(restaurant), 15, { animate: false });
  }

  #drawMoving(context: CanvasRenderingContext2D): void {
    const now = performance.now();
    const { restaurant, door, driver, path } = this.#shown;
    const location = this.#glide.at(now);
    const { heading } = this.#glide;
    const drawn = driver && location && { location, heading, isStale: driver.isStale };
    drawMarkers(context, this.#base.map, this.#base.colours, {
      restaurant,
      door,
      driver: drawn,
      path,
    });
    if (!drawn || !this.#glide.isMoving(now)) return;
    // Until somebody moves the map.
    if (this.#isFollowing) this.#base.keepInMiddle(drawn.location, EDGE);
    this.#base.redraw();
  }
}
