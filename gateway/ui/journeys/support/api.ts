/** What a journey does beside the browser: the public API, as any other client has it. */

import { expect } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import type { Program } from './program';

/** Any JSON; journeys look at few members of it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

export const MENU: { pizzaType: string; priceCents: number; needs: Record<string, number> }[] = [
  {
    pizzaType: 'Margherita',
    priceCents: 890,
    needs: { dough: 1, tomato: 1, mozzarella: 1, basil: 1 },
  },
  {
    pizzaType: 'Funghi',
    priceCents: 1_040,
    needs: { dough: 1, tomato: 1, mozzarella: 1, mushroom: 2 },
  },
  { pizzaType: 'Marinara', priceCents: 790, needs: { dough: 1, tomato: 2, garlic: 1 } },
  {
    pizzaType: 'Diavola',
    priceCents: 1_140,
    needs: { dough: 1, tomato: 1, mozzarella: 1, chili: 1 },
  },
  { pizzaType: 'Bianca', priceCents: 690, needs: { dough: 1, mozzarella: 2 } },
  { pizzaType: 'Vegetariana', priceCents: 1_090, needs: { dough: 1, tomato: 1, mushroom: 1 } },
];

export const CENTRE = { lat: 40.8518, lon: 14.2681 };

export interface RestaurantOptions {
  chefs?: number;
  drivers?: string[];
  /** Of each ingredient. */
  onHand?: number;
  /** Where it differs. */
  stock?: Record<string, number>;
  id?: string;
  name?: string;
}

export class Api {
  constructor(
    readonly program: Program,
    private readonly token?: string,
  ) {}

  async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { 'idempotency-key': randomBytes(16).toString('hex') };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.token) headers['authorization'] = `Bearer ${this.token}`;
    const init = { method, headers, signal: AbortSignal.timeout(30_000) };
    const sent = body === undefined ? init : { ...init, body: JSON.stringify(body) };
    return fetch(this.program.url + path, sent);
  }

  /** @throws unless it was granted */
  async tell(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.ask(method, path, body);
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true);
    return text === '' ? undefined : JSON.parse(text);
  }

  get(path: string): Promise<Json> {
    return this.tell('GET', path);
  }

  /** A restaurant of a journey's own, with a menu, stock and chefs. @returns its id */
  async restaurant(options: RestaurantOptions = {}): Promise<string> {
    const { chefs = 1, drivers = [], onHand = 1_000, stock = {} } = options;
    const id = options.id ?? `r${randomBytes(4).toString('hex')}`;
    const profile = {
      ...{ name: options.name ?? id, region: 'eu', location: CENTRE, open: true },
      ...{ drivers, timeZone: 'Europe/Rome' },
    };
    await this.tell('POST', `/api/actors/restaurant/${id}/configure`, [profile]);
    for (const { pizzaType, priceCents, needs } of MENU) {
      const ingredients = amounts(needs);
      await this.tell('PUT', `/api/inventory/${id}/recipes`, {
        ...{ pizzaType, priceCents, ingredients },
      });
    }
    const all = Object.fromEntries(
      MENU.flatMap(({ needs }) => Object.keys(needs)).map((name) => [name, stock[name] ?? onHand]),
    );
    const given = Object.entries(all).filter(([, quantity]) => quantity > 0);
    await this.tell('PUT', `/api/inventory/${id}/stock`, {
      amounts: amounts(Object.fromEntries(given)),
    });
    for (let chef = 1; chef <= chefs; chef++) {
      await this.tell('POST', `/api/kitchen/${id}/chefs`, { chefId: String(chef) });
    }
    return id;
  }

  /** @returns the order as it was taken */
  order(restaurantId: string, more: Record<string, unknown> = {}): Promise<Json> {
    return this.tell('POST', '/api/orders', {
      ...{ restaurantId, customerId: 'ada', pizzaType: 'Margherita', deliveryAddress: 'Via Uno 1' },
      ...more,
    });
  }

  status(orderId: string, status: string): Promise<Json> {
    return this.tell('PUT', `/api/orders/${orderId}/status`, { status });
  }

  /** Step by step to the counter. */
  async toCounter(orderId: string): Promise<void> {
    for (const status of ['preparing', 'baking', 'ready']) await this.status(orderId, status);
  }

  /** On duty at this place, as soon as the restaurant has told that there is such a driver. */
  async onDuty(driver: string, restaurantId: string, at = CENTRE): Promise<void> {
    const path = `/api/drivers/${driver}`;
    const worksFor = async () => {
      const answer = await this.ask('GET', `${path}/status`);
      return answer.ok ? ((await answer.json()) as Json).restaurantId : answer.status;
    };
    await expect.poll(worksFor, { timeout: 20_000 }).toBe(restaurantId);
    await this.tell('PUT', `${path}/status`, { status: 'available' });
    await this.tell('POST', `${path}/location`, { ...at, timestamp: Date.now() });
  }

  /** Takes the order that this driver is offered. */
  async accept(driver: string, orderId: string): Promise<void> {
    const offered = async () =>
      (await this.get(`/api/drivers/${driver}/status`)).offer?.orderId as string | undefined;
    await expect.poll(offered, { timeout: 20_000 }).toBe(orderId);
    await this.tell('POST', `/api/drivers/${driver}/accept`, { orderId });
  }

  /** Waits until the order is so. */
  async hasStatus(orderId: string, status: string): Promise<void> {
    await expect
      .poll(async () => (await this.get(`/api/orders/${orderId}`)).status, { timeout: 20_000 })
      .toBe(status);
  }

  /** Until the kitchen has it where it shall be, since that is told to it by a message. */
  async isInKitchen(restaurantId: string, orderIds: string[]): Promise<void> {
    const all = async () => {
      const display = await this.get(`/api/kitchen/${restaurantId}/display`);
      const there = [...display.queue, ...display.active, ...display.ready] as {
        orderId: string;
      }[];
      return orderIds.every((id) => there.some(({ orderId }) => orderId === id));
    };
    await expect.poll(all, { timeout: 20_000 }).toBe(true);
  }
}

function amounts(of: Record<string, number>) {
  return Object.entries(of).map(([ingredient, quantity]) => ({ ingredient, quantity }));
}
