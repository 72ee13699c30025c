/** Every screen, once: a new one is a line here and a folder in `screens`. */

export type Parameters = Record<string, string>;

export interface Screen {
  /** As the gateway serves it; `{name}` is one step of the path. */
  path: string;
  /** A component, which gets the parameters of the path if it asks for any. */
  load: () => Promise<{ default: unknown }>;
  /** On the start page. */
  link?: { title: string; line: string; icon: LinkIcon };
}

export type LinkIcon = 'order' | 'kitchen' | 'manager' | 'drive' | 'operate';

export const SCREENS: Screen[] = [
  { path: '/', load: () => import('../screens/start/Start.svelte') },
  {
    path: '/order/{restaurantId}',
    load: () => import('../screens/order/Order.svelte'),
    link: {
      title: 'Order a pizza',
      line: 'The menu, a basket, and then the way of your pizza to your door.',
      icon: 'order',
    },
  },
  { path: '/track/{orderId}', load: () => import('../screens/track/Track.svelte') },
  {
    path: '/kitchen/{restaurantId}',
    load: () => import('../screens/kitchen/Kitchen.svelte'),
    link: {
      title: 'Kitchen',
      line: 'What to make next, what is in the oven, and what is late.',
      icon: 'kitchen',
    },
  },
  { path: '/sign-in', load: () => import('../screens/sign-in/SignIn.svelte') },
];

export const NOT_FOUND: Screen = {
  path: '',
  load: () => import('../screens/not-found/NotFound.svelte'),
};
