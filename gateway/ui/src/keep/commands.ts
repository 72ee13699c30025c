/** Commands without an answer, where they outlive the page. */

import type { CommandSpec } from '../command/command';
import type { Table } from './database';

export interface Kept {
  /** Sent again under it, so that it happens once. */
  key: string;
  /** The screen that sent it and sends it again, as `kitchen/napoli`. */
  owner: string;
  what: string;
  /** The order it is about. */
  orderId?: string;
  spec: Omit<CommandSpec, 'isDone' | 'key'>;
  /** When somebody tapped, by the server's clock. */
  at: number;
}

export interface Keeper {
  /** The page may go: it is there for the next one, as far as the browser can. */
  add(kept: Omit<Kept, 'owner'>): void;
  remove(key: string): void;
  /** In the order in which they were tapped. */
  all(): Promise<Kept[]>;
  /** What is tapped lives as long as the page. */
  readonly isBroken: boolean;
}

export class KeptCommands implements Keeper {
  constructor(
    private readonly owner: string,
    private readonly table: Table<Kept>,
  ) {}

  get isBroken(): boolean {
    return this.table.isBroken;
  }

  add(kept: Omit<Kept, 'owner'>): void {
    void this.table.put({ ...kept, owner: this.owner });
  }

  remove(key: string): void {
    void this.table.remove(key);
  }

  async all(): Promise<Kept[]> {
    const ours = (await this.table.all()).filter(({ owner }) => owner === this.owner);
    return ours.sort((a, b) => a.at - b.at);
  }
}
