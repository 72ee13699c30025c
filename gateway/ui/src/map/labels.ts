/** What is written on the map: the names of streets, a scale, and where nothing is known. */

import type { Map as LeafletMap, Point } from 'leaflet';
import { city, type Street } from './city';
import type { Colours } from './colours';
import { pixelsPerMetre, Streets } from './streets';

const NAMES_FROM_ZOOM = 16;
const FONT = '12px system-ui, sans-serif';
const GRID_PX = 64;
const SCALES_M = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 20_000, 100_000];

export function drawLabels(
  context: CanvasRenderingContext2D,
  map: LeafletMap,
  colours: Colours,
): void {
  context.font = FONT;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = 3;
  context.lineJoin = 'round';
  if (map.getZoom() >= NAMES_FROM_ZOOM) drawNames(context, map, colours);
  drawScale(context, map, colours);
}

function drawNames(context: CanvasRenderingContext2D, map: LeafletMap, colours: Colours): void {
  const written: Point[] = [];
  for (const street of city.streets) {
    const segment = longestSegment(street, map);
    if (!segment) continue;
    const { middle, angle, length } = segment;
    const isCrowded = written.some((other) => other.distanceTo(middle) < 70);
    if (isCrowded || context.measureText(street.name).width > length * 1.6) continue;
    written.push(middle);
    context.save();
    context.translate(middle.x, middle.y);
    context.rotate(angle);
    context.strokeStyle = colours['map-street'];
    context.fillStyle = colours['map-label'];
    context.strokeText(street.name, 0, 0);
    context.fillText(street.name, 0, 0);
    context.restore();
  }
}

/** The part of a street where its name has most room, as far as it is in view. */
function longestSegment(street: Street, map: LeafletMap) {
  const size = map.getSize();
  const points = street.line.map(({ lat, lon }) => map.latLngToContainerPoint([lat, lon]));
  let best: { middle: Point; angle: number; length: number } | undefined;
  for (const [index, end] of points.entries()) {
    const start = points[index - 1];
    if (!start) continue;
    const middle = start.add(end).divideBy(2);
    const length = start.distanceTo(end);
    const isInView =
      middle.x > 20 && middle.y > 20 && middle.x < size.x - 20 && middle.y < size.y - 20;
    if (!isInView || length <= (best?.length ?? 0)) continue;
    let angle = Math.atan2(end.y - start.y, end.x - start.x);
    // Never upside down.
    if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
    best = { middle, angle, length };
  }
  return best;
}

function drawScale(context: CanvasRenderingContext2D, map: LeafletMap, colours: Colours): void {
  const perMetre = pixelsPerMetre(map);
  const metres = SCALES_M.findLast((scale) => scale * perMetre <= 110) ?? 10;
  const width = metres * perMetre;
  const [left, bottom] = [12, map.getSize().y - 12];
  const bar = (colour: string, lineWidth: number) => {
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.beginPath();
    context.moveTo(left, bottom - 5);
    context.lineTo(left, bottom);
    context.lineTo(left + width, bottom);
    context.lineTo(left + width, bottom - 5);
    context.stroke();
  };
  bar(colours['map-ground'], 4);
  bar(colours['map-label'], 1.5);
  const words = metres < 1_000 ? `${metres} m` : `${metres / 1_000} km`;
  context.lineWidth = 3;
  context.strokeStyle = colours['map-ground'];
  context.fillStyle = colours['map-label'];
  context.strokeText(words, left + width / 2, bottom - 9);
  context.fillText(words, left + width / 2, bottom - 9);
}

/** A plain grid where there is no city, so that whoever is lost sees that they move. */
export function drawGround(
  context: CanvasRenderingContext2D,
  map: LeafletMap,
  colours: Colours,
): void {
  const size = map.getSize();
  context.fillStyle = colours['map-ground'];
  context.fillRect(0, 0, size.x, size.y);
  const inCity = map.getBounds().intersects(Streets.bounds.pad(0.1));
  if (inCity) return;
  const origin = map.latLngToContainerPoint([0, 0]);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = ((origin.x % GRID_PX) + GRID_PX) % GRID_PX; x < size.x; x += GRID_PX) {
    context.moveTo(x, 0);
    context.lineTo(x, size.y);
  }
  for (let y = ((origin.y % GRID_PX) + GRID_PX) % GRID_PX; y < size.y; y += GRID_PX) {
    context.moveTo(0, y);
    context.lineTo(size.x, y);
  }
  context.stroke();
  context.font = FONT;
  context.textAlign = 'center';
  context.fillStyle = colours['map-label'];
  context.fillText('no street data here', size.x / 2, 24);
}
