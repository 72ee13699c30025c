/**
 * The network between a browser and the program. The browser's own switch lets streams go on that
 * are open already, which no network that is cut does.
 */

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { BrowserContext } from '@playwright/test';

export class Network {
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(private readonly server: Server) {}

  /** @param to the port of the program */
  static async open(to: number): Promise<Network> {
    const server = createServer((near) => network.#join(near, connect(to, '127.0.0.1')));
    const network: Network = new Network(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return network;
  }

  /** Where pages that go through it are. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The browser knows of it, and what it had open is gone. */
  async cut(context: BrowserContext): Promise<void> {
    this.#isCut = true;
    await context.setOffline(true);
    for (const socket of this.#sockets) socket.destroy();
  }

  async mend(context: BrowserContext): Promise<void> {
    this.#isCut = false;
    await context.setOffline(false);
  }

  close(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    if (this.#isCut) near.destroy();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      // One end that is gone is the end of the other.
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  }
}
