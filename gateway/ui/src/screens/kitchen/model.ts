/** What a kitchen's screen is about, in the words of the API's document. */

import type { components } from '../../api/types';

type Schemas = components['schemas'];

export type Ticket = Schemas['KitchenTicket'];
export type Station = Schemas['KitchenStation'];
export type Oven = Schemas['KitchenOvenReading'];
export type Alert = Schemas['KitchenAlert'];
export type Plugin = Schemas['KitchenPluginStatus'];
export type Display = Schemas['KitchenDisplay'];
export type RemakeReason = Schemas['OrderRemakeReason'];

/** Everything that the screen shows, put together from the stream's entities. */
export interface View {
  tickets: Ticket[];
  stations: Station[];
  ovens: Oven[];
  alerts: Alert[];
  plugin: Plugin | undefined;
  /** What the plugin would have made first. */
  advice: string[];
}

/** A chef as cooks call them: `1` and not `napoli.1`. */
export function chefName(chefId: string): string {
  return chefId.slice(chefId.lastIndexOf('.') + 1);
}
