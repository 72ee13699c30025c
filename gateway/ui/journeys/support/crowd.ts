/** Many orders and many drivers at once, and what happens with them. */

import { CENTRE, type Api } from './api';

/** As many requests at once as keep a gateway busy and starve nobody. */
const AT_ONCE = 8;
const SPREAD = 0.01;

export interface Crowd {
  restaurant: string;
  orders: string[];
  drivers: string[];
}

/** So many orders, half of which are being made, and so many drivers all over the city. */
export async function gather(api: Api, orders: number, drivers: number): Promise<Crowd> {
  const ids = Array.from({ length: drivers }, (_, n) => `crowd-${n}`);
  const restaurant = await api.restaurant({ chefs: 0, drivers: ids, onHand: 1_000_000 });
  const taken: string[] = [];
  await each(Array.from({ length: orders }), async (_, n) => {
    const { orderId } = await api.order(restaurant, { deliveryLocation: somewhere() });
    taken.push(orderId as string);
    if (n % 2 === 0) await api.status(orderId as string, 'preparing');
  });
  await each(ids, (driver) => api.onDuty(driver, restaurant, somewhere()));
  return { restaurant, orders: taken, drivers: ids };
}

/** Until it is stopped: each driver tells a position a second, and so many steps are taken with orders. */
export function keepMoving(
  api: Api,
  crowd: Crowd,
  stepsPerSecond: number,
): { stop(): Promise<void> } {
  let isOver = false;
  const at = new Map(crowd.drivers.map((driver) => [driver, somewhere()]));
  const ride = async (driver: string) => {
    const from = at.get(driver) ?? CENTRE;
    const to = { lat: from.lat + jitter(0.0002), lon: from.lon + jitter(0.0002) };
    at.set(driver, to);
    const position = { ...to, timestamp: Date.now(), heading: Math.random() * 360, speed: 6 };
    await api.tell('POST', `/api/drivers/${driver}/location`, position);
  };
  const waiting: string[] = [];
  // One comes, one is begun, one is given up: as many as there were.
  const acts = [
    async () => {
      waiting.push((await api.order(crowd.restaurant)).orderId as string);
    },
    async () => {
      const next = waiting.at(-1);
      if (next !== undefined) await api.ask('PUT', `/api/orders/${next}/status`, BEGUN);
    },
    async () => {
      const last = waiting.shift();
      if (last !== undefined) await api.tell('POST', `/api/orders/${last}/cancel`, GIVEN_UP);
    },
  ];
  let turn = 0;
  const act = async () => acts[turn++ % acts.length]?.();
  const rhythm = async (perSecond: number, once: (n: number) => Promise<unknown>) => {
    const begun = Date.now();
    for (let n = 0; !isOver; n++) {
      const due = begun + (n * 1_000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
      if (!isOver) await once(n);
    }
  };
  // A few lines of riders, since one at a time would be too slow for all of them.
  const lines = Array.from({ length: AT_ONCE }, (_, line) =>
    crowd.drivers.filter((_, n) => n % AT_ONCE === line),
  ).filter((line) => line.length > 0);
  const all = [
    ...(stepsPerSecond > 0 ? [rhythm(stepsPerSecond, act)] : []),
    ...lines.map((line) => rhythm(line.length, (n) => ride(line[n % line.length] ?? ''))),
  ];
  return {
    async stop() {
      isOver = true;
      await Promise.all(all);
    },
  };
}

const BEGUN = { status: 'preparing' };
const GIVEN_UP = { reason: 'no appetite' };

function somewhere(): typeof CENTRE {
  return { lat: CENTRE.lat + jitter(SPREAD), lon: CENTRE.lon + jitter(SPREAD) };
}

const jitter = (most: number) => (Math.random() - 0.5) * 2 * most;

async function each<T>(all: T[], once: (one: T, n: number) => Promise<unknown>): Promise<void> {
  const left = [...all.entries()].reverse();
  const line = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await once(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}
