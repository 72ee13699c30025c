/** Where the start page leads. Only it needs the words, so no other screen carries them. */

export interface ScreenLink {
  /** One of `SCREENS`. */
  path: string;
  title: string;
  line: string;
  icon: LinkIcon;
}

export type LinkIcon = 'order' | 'kitchen' | 'manager' | 'drive' | 'operate';

export const LINKS: ScreenLink[] = [
  {
    path: '/order/{restaurantId}',
    title: 'Order a pizza',
    line: 'The menu, a basket, and then the way of your pizza to your door.',
    icon: 'order',
  },
  {
    path: '/kitchen/{restaurantId}',
    title: 'Kitchen',
    line: 'What to make next, what is in the oven, and what is late.',
    icon: 'kitchen',
  },
  {
    path: '/manager/{restaurantId}',
    title: 'Manager',
    line: 'What needs somebody, all orders and drivers, stock, figures.',
    icon: 'manager',
  },
  {
    path: '/drive/{driverId}',
    title: 'Driver',
    line: 'An offer, the way to the restaurant, and the way to the door.',
    icon: 'drive',
  },
  {
    path: '/operate',
    title: 'Operate',
    line: 'Which code serves which share, whether the new one is worse, and the way back.',
    icon: 'operate',
  },
];
