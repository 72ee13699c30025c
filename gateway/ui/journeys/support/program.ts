/** A pizzeria in a process of its own, on free ports and with data of its own. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const target = resolve(root, process.env['CARGO_TARGET_DIR'] ?? 'target');
const binary = process.env['PIZZA_BINARY'] ?? join(target, 'debug/pizza');

/** Shorter than any test waits, and longer than the slowest machine needs. */
const START_MS = 90_000;

export interface ProgramOptions {
  /** Whether whoever comes from this machine needs no token. */
  isOpen?: boolean;
  /** How many times faster than life; at 1 nothing moves during a test but what the test moves. */
  speed?: number;
  /** Lines of the configuration file. */
  config?: string;
}

export class Program {
  /** By role, as the program has listed them. */
  readonly tokens = new Map<string, string>();
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(
    private readonly folder: string,
    private readonly speed: number,
    readonly port: number,
  ) {}

  static async start(options: ProgramOptions = {}): Promise<Program> {
    const folder = await mkdtemp(join(tmpdir(), 'pizza-journey-'));
    const config = [
      '[gateway]',
      // Tests ask more than any person does, from one address.
      'rate_per_second = 0',
      `anonymous_on_loopback = ${options.isOpen ?? true}`,
      options.config ?? '',
    ];
    await writeFile(join(folder, 'pizza.toml'), config.join('\n'));
    // Known beforehand, since whoever is killed has to come back at the same place.
    const program = new Program(folder, options.speed ?? 1, await freePort());
    await program.run();
    return program;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it has said of trouble. */
  get log(): string {
    return this.#log;
  }

  /** Starts it, at first or once more. Resolves when it is open. */
  async run(): Promise<void> {
    const child = spawn(
      binary,
      [
        ...['--config', join(this.folder, 'pizza.toml'), '--data', join(this.folder, 'data')],
        ...['--http', `127.0.0.1:${this.port}`, '--https', 'off', '--admin', '127.0.0.1:0'],
        ...['--mqtt', '127.0.0.1:0', '--mqtts', 'off', '--log', 'warn'],
        ...['--speed', String(this.speed)],
        // Compiled once for all of them.
        ...['--modules-cache', join(target, 'journeys/modules')],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    child.stderr.on('data', (text: Buffer) => (this.#log += text.toString()));
    const isOpen = new Promise<void>((opened, failed) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const words = line.trim().split(/\s+/);
        if (words.length === 2 && /^[0-9a-f]{32}$/.test(words[1] ?? '')) {
          this.tokens.set(words[0] ?? '', words[1] ?? '');
        }
        if (line.startsWith('Order one')) opened();
      });
      child.once('error', failed);
      child.once('exit', () => failed(new Error(`${binary} ended:\n${this.#log}`)));
      setTimeout(
        () => failed(new Error(`${binary} did not open:\n${this.#log}`)),
        START_MS,
      ).unref();
    });
    await isOpen;
  }

  /** SIGKILL: it has no chance to tidy up. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
