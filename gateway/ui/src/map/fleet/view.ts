/** A map of all drivers of a restaurant, and of the doors that they drive to. */

import type { LeafletMouseEvent, Point } from 'leaflet';
import type { Location } from '../../api/model';
import { BaseMap, tuple } from '../base';
import { Glide } from '../glide';
import { drawRestaurant } from '../markers';
import { cluster, nearest, type Clustered } from './clusters';
import type { Fleet, FleetDriver, FleetEvents } from './model';
import {
  drawCluster,
  drawDoor,
  drawDriver,
  drawName,
  drawRing,
  type DoorMark,
  type DriverMark,
} from './shapes';

/** Pixels that a pointer may miss a marker by, and a finger. */
const POINTER_REACH_PX = 14;
const FINGER_REACH_PX = 24;
const CLUSTER_REACH_PX = 22;
/** The chosen driver stays in the middle third. */
const EDGE = 1 / 3;

export class FleetView {
  readonly #base: BaseMap;
  readonly #glides = new Map<string, Glide>();
  #fleet: Fleet = { restaurant: undefined, drivers: [], doors: [], chosen: undefined, lit: {} };
  #drawn: Clustered<DriverMark> = { single: [], clusters: [] };
  #isFramed = false;
  #isFollowing = true;
  #reach = POINTER_REACH_PX;

  constructor(
    private readonly element: HTMLElement,
    private readonly events: FleetEvents,
  ) {
    this.#base = new BaseMap(
      element,
      (context) => this.#draw(context),
      () => this.#frame(),
    );
    const { map } = this.#base;
    map.on('dragstart', () => this.follow(false));
    map.on('click', ({ containerPoint }: LeafletMouseEvent) => this.#click(containerPoint));
    map.on('mousemove', ({ containerPoint }: LeafletMouseEvent) => this.#move(containerPoint));
    map.on('mouseout', () => this.events.hover(undefined));
    element.addEventListener('pointerdown', ({ pointerType }) => {
      this.#reach = pointerType === 'touch' ? FINGER_REACH_PX : POINTER_REACH_PX;
    });
  }

  show(fleet: Fleet): void {
    const wasChosen = this.#fleet.chosen;
    this.#fleet = fleet;
    const now = performance.now();
    const gone = new Set(this.#glides.keys());
    for (const driver of fleet.drivers) {
      gone.delete(driver.id);
      this.#glideOf(driver).moveTo(driver.location, driver.at, now, this.#base.jumps);
    }
    for (const id of gone) this.#glides.delete(id);
    if (fleet.chosen !== wasChosen && fleet.chosen !== undefined) this.follow(true);
    this.#frame();
    this.#base.redraw();
  }

  follow(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing) return;
    this.#isFollowing = isFollowing;
    this.events.follow(isFollowing);
    this.#base.redraw();
  }

  zoom(steps: number): void {
    this.#base.zoom(steps);
  }

  showAll(): void {
    this.#isFramed = false;
    this.#frame();
  }

  close(): void {
    this.#base.close();
  }

  #glideOf({ id }: FleetDriver): Glide {
    let glide = this.#glides.get(id);
    if (!glide) this.#glides.set(id, (glide = new Glide()));
    return glide;
  }

  /** Once, when there is something to see; then whoever looks decides. */
  #frame(): void {
    const { restaurant, drivers, doors } = this.#fleet;
    const places = [...drivers, ...doors].map(({ location }) => location);
    if (restaurant) places.push(restaurant);
    if (this.#isFramed || places.length === 0) return;
    const { x, y } = this.#base.map.getSize();
    // A map that is not on the screen yet has no room to fit anything into.
    if (x === 0 || y === 0) return;
    this.#isFramed = true;
    this.#base.fit(places);
  }

  #draw(context: CanvasRenderingContext2D): void {
    // A map that is put away has no room, and moves nothing.
    if (this.#base.map.getSize().x === 0) return;
    const now = performance.now();
    const { restaurant, doors, drivers, chosen, lit } = this.#fleet;
    const { colours } = this.#base;
    const marks: DriverMark[] = [];
    let isMoving = false;
    for (const driver of drivers) {
      const glide = this.#glideOf(driver);
      const { x, y } = this.#place(glide.at(now) ?? driver.location);
      const { id, name, state, isStale } = driver;
      marks.push({ x, y, id, name, state, isStale, heading: driver.heading ?? glide.heading });
      isMoving ||= glide.isMoving(now);
    }
    this.#drawn = cluster(marks);
    for (const { orderId, location, isLate } of doors) {
      const { x, y } = this.#place(location);
      const door: DoorMark = { x, y, isLate, isLit: lit.orderId === orderId };
      drawDoor(context, door, colours);
    }
    if (restaurant) drawRestaurant(context, this.#place(restaurant), colours);
    for (const mark of this.#drawn.single) drawDriver(context, mark, colours);
    for (const one of this.#drawn.clusters) drawCluster(context, one, colours);
    this.#emphasise(context, marks);
    this.#keepUp(marks, chosen, now);
    if (isMoving) this.#base.redraw();
  }

  /** The one that is chosen, and the one under the pointer here or in a list. */
  #emphasise(context: CanvasRenderingContext2D, marks: DriverMark[]): void {
    const { chosen, lit } = this.#fleet;
    const { colours } = this.#base;
    for (const mark of marks) {
      const isChosen = mark.id === chosen;
      if (!isChosen && mark.id !== lit.driverId) continue;
      drawRing(context, mark, isChosen ? colours.focus : colours.text, 16);
      drawName(context, mark, colours);
    }
  }

  #keepUp(marks: DriverMark[], chosen: string | undefined, now: number): void {
    if (!this.#isFollowing || chosen === undefined) return;
    if (!marks.some(({ id }) => id === chosen)) return;
    const location = this.#glides.get(chosen)?.at(now);
    if (location) this.#base.keepInMiddle(location, EDGE);
  }

  #place(location: Location): Point {
    return this.#base.map.latLngToContainerPoint(tuple(location));
  }

  #click(at: Point): void {
    const { map } = this.#base;
    const crowd = nearest(this.#drawn.clusters, at, CLUSTER_REACH_PX);
    if (crowd) {
      // It opens: there, and so near that they come apart.
      const middle = map.containerPointToLatLng([crowd.x, crowd.y]);
      this.follow(false);
      map.setView(middle, Math.min(map.getZoom() + 2, map.getMaxZoom()));
      return;
    }
    const driver = nearest(this.#drawn.single, at, this.#reach);
    if (driver) this.events.choose(driver.id);
  }

  #move(at: Point): void {
    const driver = nearest(this.#drawn.single, at, POINTER_REACH_PX);
    this.element.classList.toggle('aims', driver !== undefined);
    this.events.hover(driver?.id);
  }
}
