/** Drivers, doors and numbers, drawn on a canvas: each state of a driver by its outline. */

import type { Colours } from '../colours';
import type { Cluster, Placed } from './clusters';
import type { FleetState } from './model';

export interface DriverMark extends Placed {
  id: string;
  name: string;
  state: FleetState;
  heading: number | undefined;
  isStale: boolean;
}

export interface DoorMark extends Placed {
  isLate: boolean;
  isLit: boolean;
}

type Context = CanvasRenderingContext2D;

const RADIUS = 9;
const FULL = 2 * Math.PI;

export function drawDriver(context: Context, mark: DriverMark, colours: Colours): void {
  const colour = colourOf(mark.state, colours);
  const isHollow = mark.isStale || mark.state === 'silent' || mark.state === 'offline';
  context.save();
  context.translate(mark.x, mark.y);
  context.beginPath();
  outline(context, mark);
  context.closePath();
  context.fillStyle = isHollow ? colours.surface : colour;
  context.strokeStyle = isHollow ? colour : colours.surface;
  context.lineWidth = isHollow ? 2.5 : 2;
  context.fill();
  context.stroke();
  if (mark.state === 'silent') exclaim(context, colour);
  context.restore();
}

function colourOf(state: FleetState, colours: Colours): string {
  switch (state) {
    case 'free':
      return colours.ready;
    case 'offered':
      return colours.accent;
    case 'busy':
      return colours.road;
    case 'silent':
      return colours.danger;
    case 'offline':
      return colours.cancelled;
  }
}

/** Free: a circle. Offered: a diamond. On the road: an arrow. Silent: a triangle. Off: a square. */
function outline(context: Context, { state, heading }: DriverMark): void {
  switch (state) {
    case 'free':
      context.arc(0, 0, RADIUS - 1, 0, FULL);
      return;
    case 'offered':
      return polygon(context, [0, -11, 11, 0, 0, 11, -11, 0]);
    case 'busy':
      context.rotate(((heading ?? 0) * Math.PI) / 180);
      return polygon(context, [0, -12, 9, 9, 0, 4.5, -9, 9]);
    case 'silent':
      return polygon(context, [0, -11, 11, 8, -11, 8]);
    case 'offline':
      return polygon(context, [-6, -6, 6, -6, 6, 6, -6, 6]);
  }
}

function polygon(context: Context, points: number[]): void {
  context.moveTo(points[0] ?? 0, points[1] ?? 0);
  for (let n = 2; n < points.length; n += 2) context.lineTo(points[n] ?? 0, points[n + 1] ?? 0);
}

function exclaim(context: Context, colour: string): void {
  context.fillStyle = colour;
  context.fillRect(-1, -5, 2, 6);
  context.fillRect(-1, 3, 2, 2);
}

/** Around the one that is meant. */
export function drawRing(context: Context, { x, y }: Placed, colour: string, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, FULL);
  context.strokeStyle = colour;
  context.lineWidth = 3;
  context.stroke();
}

export function drawDoor(context: Context, door: DoorMark, colours: Colours): void {
  const colour = door.isLate ? colours.danger : colours.text;
  const size = door.isLit ? 1.5 : 1;
  context.save();
  context.translate(door.x, door.y);
  context.scale(size, size);
  context.beginPath();
  polygon(context, [0, -7, 7, -1, 5, -1, 5, 6, -5, 6, -5, -1, -7, -1]);
  context.closePath();
  context.fillStyle = colour;
  context.strokeStyle = colours.surface;
  context.lineWidth = 1.5;
  context.stroke();
  context.fill();
  context.restore();
}

export function drawCluster(
  context: Context,
  { x, y, of }: Cluster<Placed>,
  colours: Colours,
): void {
  context.beginPath();
  context.arc(x, y, 20, 0, FULL);
  context.fillStyle = colours.text;
  context.fill();
  context.strokeStyle = colours.surface;
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = colours.surface;
  context.font = '700 14px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(of.length), x, y);
}

export function drawName(context: Context, mark: DriverMark, colours: Colours): void {
  context.font = '600 12px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  context.lineWidth = 4;
  context.lineJoin = 'round';
  context.strokeStyle = colours['map-ground'];
  context.fillStyle = colours.text;
  context.strokeText(mark.name, mark.x, mark.y - 16);
  context.fillText(mark.name, mark.x, mark.y - 16);
}
