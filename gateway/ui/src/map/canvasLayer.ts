/** A canvas over the whole view of a map, drawn by a function of ours. */

import type { LeafletEventHandlerFn, Map as LeafletMap } from 'leaflet';
import { Browser, DomUtil, Layer } from './leaflet';

export type Draw = (context: CanvasRenderingContext2D, map: LeafletMap) => void;

export class CanvasLayer extends Layer {
  readonly #canvas = document.createElement('canvas');
  #frame = 0;

  constructor(
    private readonly draw: Draw,
    private readonly paneName: string,
  ) {
    super();
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#canvas.classList.add('own-canvas');
  }

  override onAdd(map: LeafletMap): this {
    map.getPane(this.paneName)?.append(this.#canvas);
    this.redraw();
    return this;
  }

  override onRemove(): this {
    cancelAnimationFrame(this.#frame);
    this.#canvas.remove();
    return this;
  }

  override getEvents(): Record<string, LeafletEventHandlerFn> {
    const now = () => this.#drawNow();
    return { move: now, zoom: now, viewreset: now, resize: now };
  }

  /** With the next frame; a page that is hidden has none. */
  redraw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow(): void {
    const map = this._map as LeafletMap | undefined;
    const context = this.#canvas.getContext('2d');
    if (!map || !context) return;
    const { x, y } = map.getSize();
    const ratio = Browser.retina ? 2 : 1;
    if (this.#canvas.width !== x * ratio || this.#canvas.height !== y * ratio) {
      this.#canvas.width = x * ratio;
      this.#canvas.height = y * ratio;
      this.#canvas.style.width = `${x}px`;
      this.#canvas.style.height = `${y}px`;
    }
    // The pane moves with the map, the canvas stays with the view.
    DomUtil.setPosition(this.#canvas, map.containerPointToLayerPoint([0, 0]));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, x, y);
    this.draw(context, map);
  }
}
