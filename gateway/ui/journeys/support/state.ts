/** A screen in a state in which it has to be fit for everybody. */

import { expect, type Page } from '@playwright/test';
import { light } from './pages';
import type { Api } from './api';
import type { Network } from './network';

export interface State {
  /** As "kitchen, busy". */
  name: string;
  show(page: Page, api: Api, network: Network): Promise<void>;
}

export async function offline(page: Page, network: Network): Promise<void> {
  await network.cut(page.context());
  await expect(light(page)).toHaveText('offline');
  await expect(page.getByText(/No connection for/)).toBeVisible();
}
