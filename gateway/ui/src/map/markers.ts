/** The restaurant, the door and the driver, drawn on a canvas of our own. */

import type { Map as LeafletMap, Point } from 'leaflet';
import type { Location } from '../api/model';
import type { Colours } from './colours';

export interface Markers {
  restaurant: Location | undefined;
  door: Location | undefined;
  driver: { location: Location; heading: number | undefined; isStale: boolean } | undefined;
  path?: Location[] | undefined;
}

export function drawMarkers(
  context: CanvasRenderingContext2D,
  map: LeafletMap,
  colours: Colours,
  { restaurant, door, driver, path = [] }: Markers,
): void {
  const place = ({ lat, lon }: Location) => map.latLngToContainerPoint([lat, lon]);
  const from = driver?.location ?? restaurant;
  if (path.length > 1) drawPath(context, path.map(place), colours);
  else if (from && door) drawWay(context, place(from), place(door), colours);
  if (restaurant) drawRestaurant(context, place(restaurant), colours);
  if (door) drawDoor(context, place(door), colours);
  if (driver) drawDriver(context, place(driver.location), colours, driver);
}

/** Along the streets, on a lighter edge, so that it is seen on each of them. */
function drawPath(context: CanvasRenderingContext2D, points: Point[], colours: Colours): void {
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const [colour, width] of [
    [colours.surface, 9],
    [colours.road, 5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
    context.stroke();
  }
}

function drawWay(context: CanvasRenderingContext2D, a: Point, b: Point, colours: Colours): void {
  context.strokeStyle = colours.road;
  context.lineWidth = 2.5;
  context.setLineDash([2, 7]);
  context.lineCap = 'round';
  context.beginPath();
  context.moveTo(a.x, a.y);
  context.lineTo(b.x, b.y);
  context.stroke();
  context.setLineDash([]);
}

export function drawRestaurant(
  context: CanvasRenderingContext2D,
  at: Point,
  colours: Colours,
): void {
  disc(context, at, 14, colours.accent, colours.surface);
  // A slice of pizza.
  context.fillStyle = colours['on-accent'];
  context.beginPath();
  context.moveTo(at.x - 7, at.y - 4);
  context.quadraticCurveTo(at.x, at.y - 9, at.x + 7, at.y - 4);
  context.lineTo(at.x, at.y + 8);
  context.fill();
}

function drawDoor(context: CanvasRenderingContext2D, at: Point, colours: Colours): void {
  disc(context, at, 14, colours.text, colours.surface);
  // A house.
  context.fillStyle = colours.surface;
  context.beginPath();
  context.moveTo(at.x, at.y - 8);
  context.lineTo(at.x + 8, at.y - 1);
  context.lineTo(at.x + 5, at.y - 1);
  context.lineTo(at.x + 5, at.y + 6);
  context.lineTo(at.x - 5, at.y + 6);
  context.lineTo(at.x - 5, at.y - 1);
  context.lineTo(at.x - 8, at.y - 1);
  context.fill();
}

function drawDriver(
  context: CanvasRenderingContext2D,
  at: Point,
  colours: Colours,
  { heading, isStale }: { heading: number | undefined; isStale: boolean },
): void {
  // Hollow means: not confirmed for a while.
  const [fill, edge] = isStale
    ? [colours.surface, colours.cancelled]
    : [colours.road, colours.surface];
  disc(context, at, 16, fill, edge);
  context.save();
  context.translate(at.x, at.y);
  context.fillStyle = isStale ? colours.cancelled : colours.surface;
  context.beginPath();
  if (heading === undefined) {
    context.arc(0, 0, 5, 0, 2 * Math.PI);
  } else {
    context.rotate((heading * Math.PI) / 180);
    context.moveTo(0, -9);
    context.lineTo(6.5, 7);
    context.lineTo(0, 3.5);
    context.lineTo(-6.5, 7);
  }
  context.fill();
  context.restore();
}

function disc(
  context: CanvasRenderingContext2D,
  at: Point,
  radius: number,
  fill: string,
  edge: string,
): void {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = edge;
  context.stroke();
}
