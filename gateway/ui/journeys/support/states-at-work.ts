/** The states of those screens that people work at: the manager's, a driver's, the operator's. */

import { randomBytes } from 'node:crypto';
import { expect, type Page } from '@playwright/test';
import { CENTRE, type Api } from './api';
import { only, push } from './modules';
import { keepSilent, light } from './pages';
import { offline, type State } from './state';

const DOOR = { lat: 40.8561, lon: 14.2745 };

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(light(page)).toHaveText(/^live/);
}

const newDriver = () => `driver-${randomBytes(4).toString('hex')}`;

interface Busy {
  restaurant: string;
  waiting: string;
  ready: string;
}

/** An order in each column, a driver on the road and one who is free, an alarm, and little basil. */
export async function busyRestaurant(api: Api, name?: string): Promise<Busy> {
  const [free, riding] = [newDriver(), newDriver()];
  const restaurant = await api.restaurant({
    ...{ chefs: 0, drivers: [free, riding], stock: { basil: 20 } },
    ...(name ? { name } : {}),
  });
  const thresholds = [{ ingredient: 'basil', quantity: 30 }];
  await api.tell('PUT', `/api/inventory/${restaurant}/thresholds`, { thresholds });
  const order = async (customerName: string) =>
    (await api.order(restaurant, { customerName, deliveryLocation: DOOR })).orderId as string;
  const onRoad = await order('Ada Lovelace');
  await api.onDuty(riding, restaurant);
  await api.toCounter(onRoad);
  await api.accept(riding, onRoad);
  await api.tell('POST', `/api/drivers/${riding}/picked-up`, {});
  const [ready, inOven] = [await order('Bob'), await order('Cleo')];
  const [made, waiting] = [await order('Dora'), await order('Emil')];
  await api.toCounter(ready);
  for (const orderId of [inOven, made]) await api.status(orderId, 'preparing');
  await api.status(inOven, 'baking');
  await api.onDuty(free, restaurant, DOOR);
  const alert = ['overheat', 'oven left is at 450 °C'];
  await api.tell('POST', `/api/actors/kitchen/${restaurant}/report-alert`, alert);
  return { restaurant, waiting, ready };
}

async function manager(page: Page, api: Api): Promise<void> {
  const { restaurant } = await busyRestaurant(api);
  await open(page, `/manager/${restaurant}`);
  await expect(page.getByRole('region', { name: /^Needs you/ })).toContainText('basil');
  await page
    .getByRole('region', { name: /^Stock/ })
    .getByText('on hand')
    .first()
    .waitFor();
}

async function section(page: Page, api: Api, name: 'map' | 'figures'): Promise<void> {
  const { restaurant } = await busyRestaurant(api);
  await open(page, `/manager/${restaurant}#${name}`);
}

async function orderPanel(page: Page, api: Api): Promise<void> {
  const { restaurant, waiting } = await busyRestaurant(api);
  await open(page, `/manager/${restaurant}?order=${waiting}`);
  await page.getByRole('button', { name: 'Cancel the order' }).waitFor();
}

const MANAGER: State[] = [
  { name: 'manager, busy', show: manager },
  {
    name: 'manager, empty',
    async show(page, api) {
      await open(page, `/manager/${await api.restaurant({ chefs: 0 })}`);
      await page.getByText('Nothing needs you.').waitFor();
      await page.getByRole('region', { name: /^Stock/ }).waitFor();
    },
  },
  {
    name: 'manager, offline',
    async show(page, api, network) {
      await manager(page, api);
      await offline(page, network);
    },
  },
  { name: 'manager, with an order', show: orderPanel },
  {
    name: 'manager, with its dialog',
    async show(page, api) {
      await orderPanel(page, api);
      await page.getByRole('button', { name: 'Cancel the order' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'manager, drivers as a list',
    async show(page, api) {
      await section(page, api, 'map');
      await page.getByRole('button', { name: 'List' }).click();
    },
  },
  {
    name: 'manager, figures as a table',
    async show(page, api) {
      await section(page, api, 'figures');
      await page.getByRole('button', { name: 'Orders an hour as a table' }).click();
    },
  },
];

/** The page of a driver of a restaurant of their own. */
async function drive(page: Page, api: Api): Promise<{ driver: string; restaurant: string }> {
  const driver = newDriver();
  const restaurant = await api.restaurant({ chefs: 0, drivers: [driver] });
  await api.onDuty(driver, restaurant);
  await page.context().grantPermissions(['geolocation']);
  await page.context().setGeolocation({ latitude: CENTRE.lat, longitude: CENTRE.lon });
  return { driver, restaurant };
}

async function onDuty(page: Page, api: Api): Promise<{ driver: string; restaurant: string }> {
  const at = await drive(page, api);
  await open(page, `/drive/${at.driver}`);
  await keepSilent(page);
  await page.getByRole('heading', { name: 'On duty' }).waitFor();
  return at;
}

async function offered(page: Page, api: Api): Promise<{ driver: string; orderId: string }> {
  const { driver, restaurant } = await onDuty(page, api);
  const { orderId } = await api.order(restaurant, { deliveryLocation: DOOR, note: 'ring twice' });
  await api.toCounter(orderId);
  await page.getByRole('button', { name: 'Take it' }).waitFor();
  return { driver, orderId };
}

async function underWay(page: Page, api: Api): Promise<string> {
  const { driver, orderId } = await offered(page, api);
  await api.accept(driver, orderId);
  await page.getByRole('button', { name: 'I have the pizza' }).waitFor();
  return driver;
}

const DRIVE: State[] = [
  {
    name: 'drive, off duty',
    async show(page, api) {
      const { driver } = await drive(page, api);
      await api.tell('PUT', `/api/drivers/${driver}/status`, { status: 'offline' });
      await open(page, `/drive/${driver}`);
      await page.getByRole('button', { name: 'Go on duty' }).waitFor();
    },
  },
  { name: 'drive, on duty', show: async (page, api) => void (await onDuty(page, api)) },
  { name: 'drive, an offer', show: async (page, api) => void (await offered(page, api)) },
  {
    name: 'drive, to the door',
    async show(page, api) {
      const driver = await underWay(page, api);
      await api.tell('POST', `/api/drivers/${driver}/picked-up`, {});
      await page.getByRole('button', { name: 'Delivered' }).waitFor();
    },
  },
  {
    name: 'drive, with its dialog',
    async show(page, api) {
      await underWay(page, api);
      await page.getByRole('button', { name: 'Cannot deliver' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'drive, offline',
    async show(page, api, network) {
      await underWay(page, api);
      await offline(page, network);
    },
  },
];

async function operate(page: Page, path: string): Promise<void> {
  await open(page, path);
  await page.getByRole('heading', { name: 'Push a module' }).waitFor();
}

const OPERATE: State[] = [
  { name: 'operate, live', show: (page) => operate(page, '/operate') },
  {
    name: 'operate, empty',
    async show(page) {
      await operate(page, '/operate?q=nothing');
      await page.getByText('No type is like that.').waitFor();
    },
  },
  {
    name: 'operate, a type with its versions',
    async show(page, api) {
      await api.order(await api.restaurant({ chefs: 0 }));
      await operate(page, '/operate/order');
      await page.getByRole('region', { name: 'Versions' }).getByRole('link').first().click();
      await page.getByRole('heading', { name: 'What may be done with it' }).waitFor();
    },
  },
  {
    name: 'operate, with its dialog',
    async show(page) {
      await operate(page, `/operate/lone-${randomBytes(4).toString('hex')}`);
      await push(page, only('lone:lone/lone', 'touch'));
      await page.getByRole('button', { name: 'Activate for everybody …' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'operate, offline',
    async show(page, _, network) {
      await operate(page, '/operate');
      await offline(page, network);
    },
  },
];

export const AT_WORK: State[] = [...MANAGER, ...DRIVE, ...OPERATE];
