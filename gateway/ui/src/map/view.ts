/** One map on a page: the city, its labels, and what moves. */

import type { LatLngTuple } from 'leaflet';
import type { Location } from '../api/model';
import { CanvasLayer } from './canvasLayer';
import { city } from './city';
import { readColours, whenColoursChange } from './colours';
import { Map as LeafletMap } from './leaflet';
import { Glide } from './glide';
import { drawGround, drawLabels } from './labels';
import { drawMarkers } from './markers';
import { Streets } from './streets';

export interface Shown {
  restaurant: Location | undefined;
  door: Location | undefined;
  driver: { location: Location; at: number; isStale: boolean } | undefined;
}

export interface MapEvents {
  pick?: ((location: Location) => void) | undefined;
  follow?: ((isFollowing: boolean) => void) | undefined;
}

const tuple = ({ lat, lon }: Location): LatLngTuple => [lat, lon];

export class MapView {
  readonly #map: LeafletMap;
  readonly #layers: CanvasLayer[];
  readonly #moving: CanvasLayer;
  readonly #glide = new Glide();
  readonly #resize: ResizeObserver;
  readonly #stillness = matchMedia('(prefers-reduced-motion: reduce)');
  #unwatch: () => void;
  #colours = readColours();
  #shown: Shown = { restaurant: undefined, door: undefined, driver: undefined };
  #framed = '';
  #isFollowing = true;

  constructor(
    element: HTMLElement,
    private readonly events: MapEvents,
  ) {
    this.#map = new LeafletMap(element, {
      center: tuple(city.square),
      zoom: 15,
      minZoom: 3,
      maxZoom: 19,
      zoomControl: false,
      attributionControl: false,
      // Lines that are stretched and then drawn anew look worse than lines that are drawn at once.
      zoomAnimation: false,
      fadeAnimation: false,
      inertia: !this.#stillness.matches,
    });
    const streets = new Streets(this.#map);
    const ground = new CanvasLayer((c, m) => drawGround(c, m, this.#colours), 'tilePane');
    const labels = new CanvasLayer((c, m) => drawLabels(c, m, this.#colours), 'overlayPane');
    this.#moving = new CanvasLayer((c) => this.#drawMoving(c), 'markerPane');
    this.#layers = [ground, labels, this.#moving];
    for (const layer of this.#layers) layer.addTo(this.#map);
    streets.paint(this.#colours);
    this.#unwatch = whenColoursChange(() => {
      this.#colours = readColours();
      streets.paint(this.#colours);
      for (const layer of this.#layers) layer.redraw();
    });
    this.#resize = new ResizeObserver(() => {
      this.#map.invalidateSize({ animate: false });
      this.#framed = '';
      this.#frame();
    });
    this.#resize.observe(element);
    this.#map.on('dragstart', () => this.follow(false));
    this.#map.on('click', ({ latlng }) => {
      this.events.pick?.({ lat: latlng.lat, lon: latlng.lng });
    });
  }

  show(shown: Shown): void {
    this.#shown = shown;
    const { driver } = shown;
    const now = performance.now();
    if (driver) this.#glide.moveTo(driver.location, driver.at, now, this.#stillness.matches);
    this.#frame();
    this.#moving.redraw();
  }

  follow(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing) return;
    this.#isFollowing = isFollowing;
    this.#framed = '';
    if (isFollowing) this.#frame();
    this.events.follow?.(isFollowing);
  }

  zoom(steps: number): void {
    this.#map.setZoom(this.#map.getZoom() + steps);
  }

  /** What somebody without a pointer means by "here". */
  pickCentre(): void {
    const { lat, lng } = this.#map.getCenter();
    this.events.pick?.({ lat, lon: lng });
  }

  close(): void {
    this.#unwatch();
    this.#resize.disconnect();
    this.#map.remove();
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
    this.#map.fitBounds(places.map(tuple), { padding: [48, 48], maxZoom: 16, animate: false });
  }

  #frameForPicking(): void {
    const { restaurant } = this.#shown;
    if (!this.events.pick || this.#framed === 'picking' || !restaurant) return;
    this.#framed = 'picking';
    this.#map.setView(tuple(restaurant), 15, { animate: false });
  }

  #drawMoving(context: CanvasRenderingContext2D): void {
    const now = performance.now();
    const { restaurant, door, driver } = this.#shown;
    const location = this.#glide.at(now);
    const { heading } = this.#glide;
    const drawn = driver && location && { location, heading, isStale: driver.isStale };
    drawMarkers(context, this.#map, this.#colours, { restaurant, door, driver: drawn });
    if (!drawn || !this.#glide.isMoving(now)) return;
    this.#keepInMiddle(drawn.location);
    this.#moving.redraw();
  }

  /** The driver stays in the middle third, until somebody moves the map. */
  #keepInMiddle(location: Location): void {
    if (!this.#isFollowing) return;
    const size = this.#map.getSize();
    const at = this.#map.latLngToContainerPoint(tuple(location));
    const over = (value: number, length: number) =>
      Math.min(value - length / 6, 0) || Math.max(value - (length * 5) / 6, 0);
    const [x, y] = [over(at.x, size.x), over(at.y, size.y)];
    if (x !== 0 || y !== 0) {
      requestAnimationFrame(() => this.#map.panBy([x, y], { animate: false }));
    }
  }
}
