/** What of a screen is kept in this browser, for screens that go on without a network. */

import { clock } from '../time/now';
import { KeptCommands, type Kept } from './commands';
import { StoredTable } from './database';
import { StreamMemory, type KeptStream } from './streams';

/** The script of a page names, by what it fetches, every file of its build. */
const build = document.querySelector<HTMLScriptElement>('script[type="module"]')?.src ?? '';

let commands: StoredTable<Kept> | undefined;
let streams: StoredTable<KeptStream> | undefined;

/** @param owner the screen, as `kitchen/napoli` */
export function storedCommands(owner: string): KeptCommands {
  commands ??= new StoredTable<Kept>('commands');
  return new KeptCommands(owner, commands);
}

export function storedStream<E>(url: string): StreamMemory<E> {
  streams ??= new StoredTable<KeptStream>('streams');
  return new StreamMemory<E>(url, { table: streams, clock, build });
}
