/** The city on a map: river, square and streets as lines of the library, whose width follows the zoom. */

import type {
  LatLngBounds,
  LatLngExpression,
  LayerGroup,
  Map as LeafletMap,
  Path,
  Polyline,
} from 'leaflet';
import type { Location } from '../api/model';
import { city, STREET_WIDTHS, type StreetKind } from './city';
import type { Colours } from './colours';
import { canvas, circle, latLngBounds, layerGroup, polyline } from './leaflet';

/** From the narrow to the wide, which lie above. */
const KINDS: StreetKind[] = ['street', 'bridge', 'avenue', 'ring'];
const SQUARE_M = 30;

const point = ({ lat, lon }: Location): LatLngExpression => [lat, lon];

export class Streets {
  readonly #layers: LayerGroup;
  readonly #lines: { line: Polyline; metres: number; edge: number }[] = [];
  readonly #painted: { path: Path; colour: keyof Colours; isFilled: boolean }[] = [];

  constructor(private readonly map: LeafletMap) {
    const renderer = canvas({ padding: 0.2 });
    const shared = { renderer, interactive: false } as const;
    this.#layers = layerGroup();
    const line = (lines: Location[][], colour: keyof Colours, metres: number, edge: number) => {
      const drawn = polyline(
        lines.map((one) => one.map(point)),
        { ...shared, smoothFactor: 0.5 },
      );
      this.#lines.push({ line: drawn, metres, edge });
      this.#painted.push({ path: drawn, colour, isFilled: false });
      this.#layers.addLayer(drawn);
    };
    line([city.river.line], 'map-water', city.river.widthMetres, 0);
    const byKind = KINDS.map((kind) => ({
      lines: city.streets.filter((street) => street.kind === kind).map((street) => street.line),
      metres: STREET_WIDTHS[kind],
    }));
    for (const { lines, metres } of byKind) line(lines, 'map-casing', metres, 2);
    const square = circle(point(city.square), { ...shared, radius: SQUARE_M, stroke: false });
    this.#painted.push({ path: square, colour: 'map-street', isFilled: true });
    this.#layers.addLayer(square);
    for (const { lines, metres } of byKind) line(lines, 'map-street', metres, 0);
    this.#layers.addTo(map);
    map.on('zoomend', () => this.widen());
    this.widen();
  }

  static get bounds(): LatLngBounds {
    return latLngBounds(city.streets.flatMap(({ line }) => line.map(point)));
  }

  paint(colours: Colours): void {
    for (const { path, colour, isFilled } of this.#painted) {
      const value = colours[colour];
      path.setStyle(isFilled ? { fillColor: value, fillOpacity: 1 } : { color: value, opacity: 1 });
    }
  }

  /** As wide as they are, and never so narrow that nobody sees them. */
  widen(): void {
    const perMetre = pixelsPerMetre(this.map);
    for (const { line, metres, edge } of this.#lines) {
      line.setStyle({ weight: Math.max(metres * perMetre, 1.5) + edge });
    }
  }
}

export function pixelsPerMetre(map: LeafletMap): number {
  const { lat, lng } = map.getCenter();
  // A thousandth of a degree to the north is 111.32 m everywhere.
  const a = map.project([lat, lng]);
  const b = map.project([lat + 0.001, lng]);
  return Math.abs(a.y - b.y) / 111.32;
}
