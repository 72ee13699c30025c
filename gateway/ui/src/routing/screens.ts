/** Every screen, once: a new one is a line here and a folder in `screens`. */

export type Parameters = Record<string, string>;

export interface Screen {
  /** As the gateway serves it; `{name}` is one step of the path. */
  path: string;
  /** A component, which gets the parameters of the path if it asks for any. */
  load: () => Promise<{ default: unknown }>;
}

const operate = () => import('../screens/operate/Operate.svelte');

export const SCREENS: Screen[] = [
  { path: '/', load: () => import('../screens/start/Start.svelte') },
  { path: '/order/{restaurantId}', load: () => import('../screens/order/Order.svelte') },
  { path: '/track/{orderId}', load: () => import('../screens/track/Track.svelte') },
  { path: '/kitchen/{restaurantId}', load: () => import('../screens/kitchen/Kitchen.svelte') },
  { path: '/manager/{restaurantId}', load: () => import('../screens/manager/Manager.svelte') },
  { path: '/drive/{driverId}', load: () => import('../screens/drive/Drive.svelte') },
  { path: '/operate', load: operate },
  { path: '/operate/{actorType}', load: operate },
  { path: '/sign-in', load: () => import('../screens/sign-in/SignIn.svelte') },
];

export const NOT_FOUND: Screen = {
  path: '',
  load: () => import('../screens/not-found/NotFound.svelte'),
};
