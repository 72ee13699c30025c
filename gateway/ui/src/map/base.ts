/** What every map of ours has: the city, its labels, and one canvas for what moves. */

import type { LatLngTuple } from 'leaflet';
import type { Location } from '../api/model';
import { CanvasLayer, type Draw } from './canvasLayer';
import { city } from './city';
import { readColours, whenColoursChange } from './colours';
import { drawGround, drawLabels } from './labels';
import { Map as LeafletMap } from './leaflet';
import { Streets } from './streets';

export const tuple = ({ lat, lon }: Location): LatLngTuple => [lat, lon];

export class BaseMap {
  readonly map: LeafletMap;
  colours = readColours();
  readonly #moving: CanvasLayer;
  readonly #stillness = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #resize: ResizeObserver;
  readonly #unwatch: () => void;

  /**
   * @param draw draws what moves, above everything else
   * @param resized called when there is another room for it
   */
  constructor(element: HTMLElement, draw: Draw, resized: () => void) {
    this.map = new LeafletMap(element, {
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
    const streets = new Streets(this.map);
    const ground = new CanvasLayer((c, m) => drawGround(c, m, this.colours), 'tilePane');
    const labels = new CanvasLayer((c, m) => drawLabels(c, m, this.colours), 'overlayPane');
    this.#moving = new CanvasLayer(draw, 'markerPane');
    const layers = [ground, labels, this.#moving];
    for (const layer of layers) layer.addTo(this.map);
    streets.paint(this.colours);
    this.#unwatch = whenColoursChange(() => {
      this.colours = readColours();
      streets.paint(this.colours);
      for (const layer of layers) layer.redraw();
    });
    this.#resize = new ResizeObserver(() => {
      this.map.invalidateSize({ animate: false });
      resized();
    });
    this.#resize.observe(element);
  }

  /** Whoever looks wants nothing to move. */
  get jumps(): boolean {
    return this.#stillness.matches;
  }

  redraw(): void {
    this.#moving.redraw();
  }

  zoom(steps: number): void {
    this.map.setZoom(this.map.getZoom() + steps);
  }

  /** Everything in view. */
  fit(places: Location[]): void {
    const { x, y } = this.map.getSize();
    // A low map has no room to give away.
    const padding: [number, number] = [Math.min(48, x / 8), Math.min(48, y / 8)];
    this.map.fitBounds(places.map(tuple), { padding, maxZoom: 16, animate: false });
  }

  /**
   * A place stays in the middle of the view.
   * @param edge the share of the view on each side that is not its middle
   */
  keepInMiddle(location: Location, edge: number): void {
    const size = this.map.getSize();
    const at = this.map.latLngToContainerPoint(tuple(location));
    const over = (value: number, length: number) =>
      Math.min(value - length * edge, 0) || Math.max(value - length * (1 - edge), 0);
    const [x, y] = [over(at.x, size.x), over(at.y, size.y)];
    if (x !== 0 || y !== 0) {
      requestAnimationFrame(() => this.map.panBy([x, y], { animate: false }));
    }
  }

  close(): void {
    this.#unwatch();
    this.#resize.disconnect();
    this.map.remove();
  }
}
