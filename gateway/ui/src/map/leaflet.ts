/**
 * What of Leaflet a map of ours needs. The whole library has markers, popups, tiles, controls and
 * a second renderer besides, which would double the largest chunk of these pages.
 */

import { Canvas } from 'leaflet/src/layer/vector/Canvas.js';
import { Map } from 'leaflet/src/map/Map.js';
// Each adds itself to every map.
import 'leaflet/src/map/handler/Map.DoubleClickZoom.js';
import 'leaflet/src/map/handler/Map.Drag.js';
import 'leaflet/src/map/handler/Map.Keyboard.js';
import 'leaflet/src/map/handler/Map.ScrollWheelZoom.js';
import 'leaflet/src/map/handler/Map.TouchZoom.js';
import type { Path, Renderer } from 'leaflet';

export { default as Browser } from 'leaflet/src/core/Browser.js';
export * as DomUtil from 'leaflet/src/dom/DomUtil.js';
export { toLatLngBounds as latLngBounds } from 'leaflet/src/geo/LatLngBounds.js';
export { Layer } from 'leaflet/src/layer/Layer.js';
export { layerGroup } from 'leaflet/src/layer/LayerGroup.js';
export { canvas } from 'leaflet/src/layer/vector/Canvas.js';
export { circle } from 'leaflet/src/layer/vector/Circle.js';
export { polyline } from 'leaflet/src/layer/vector/Polyline.js';
export { Map };

// The library's own way to find a renderer brings the second one. Here each path has its own.
Map.include({
  getRenderer(this: Map, path: Path): Renderer | undefined {
    const { renderer } = path.options;
    if (renderer && !this.hasLayer(renderer)) this.addLayer(renderer);
    return renderer;
  },
});

interface Redrawn {
  _ctx?: CanvasRenderingContext2D;
}

// A frame that it waits for when it draws at once is forgotten, and not called off when the map goes.
const { _redraw: redraw } = Canvas.prototype as unknown as { _redraw: (this: Redrawn) => void };
Canvas.include({
  _redraw(this: Redrawn) {
    if (this._ctx) redraw.call(this);
  },
});
