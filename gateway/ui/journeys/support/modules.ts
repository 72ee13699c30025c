/** Modules to push, out of what a build has left. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, type Page } from '@playwright/test';

const MAGIC = Buffer.from('\0asm');
/** Of components, and of the core modules in them. */
const [COMPONENT, CORE] = [Buffer.from([0x0d, 0, 1, 0]), Buffer.from([1, 0, 0, 0])];

/** What serves orders, as it comes with the program. */
export function bundledOrder(): Promise<Buffer> {
  const path = '../../../../target/actors/wasm32-wasip2/actor/pizza_actor_order.wasm';
  return readFile(fileURLToPath(new URL(path, import.meta.url)));
}

/** The same code under another digest: with a section that means nothing. */
export function marked(wasm: Buffer, mark: number): Buffer {
  return Buffer.concat([wasm, section(0, name('mark'), Buffer.from([mark]))]);
}

/** A component with one function that does nothing, in this interface. */
export function only(of: string, method: string): Buffer {
  const module = Buffer.concat([
    ...[MAGIC, CORE],
    section(1, 1, 0x60, 0, 0),
    section(3, 1, 0),
    section(7, 1, name('f'), 0, 0),
    section(10, 1, 2, 0, 0x0b),
  ]);
  return Buffer.concat([
    ...[MAGIC, COMPONENT],
    section(1, module),
    // An instance of it; its function; the type of a function without anything; that function.
    section(2, 1, 0, 0, 0),
    section(6, 1, 0, 0, 1, 0, name('f')),
    section(7, 1, 0x40, 0, 1, 0),
    section(8, 1, 0, 0, 0, 0, 0),
    section(5, 1, 1, 1, 0, name(method), 1, 0),
    section(11, 1, 0, name(of), 5, 0, 0),
  ]);
}

/** The same module, of which each turn fails: its function that takes turns begins with a trap. */
export function failing(wasm: Buffer): Buffer {
  const broken = Buffer.from(wasm);
  for (const { id, start, end } of sections(broken, 8)) {
    if (id === 1 && trap(broken.subarray(start, end), 'silo:actor/turn@0.1.0#turn')) return broken;
  }
  throw new Error('the module takes no turns');
}

/** Pushes it on the page of its type, where it is open then. */
export async function push(page: Page, wasm: Buffer): Promise<void> {
  await page
    .getByLabel('Choose a file …')
    .setInputFiles({ name: 'module.wasm', mimeType: 'application/wasm', buffer: wasm });
  await page.getByRole('button', { name: 'Push', exact: true }).click();
  // It is compiled.
  await expect(page.getByText('It is kept as')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('heading', { name: 'What may be done with it' })).toBeVisible();
}

interface Section {
  id: number;
  /** Of what is in it. */
  start: number;
  end: number;
}

function* sections(bytes: Buffer, from: number): Iterable<Section> {
  const reader = new Reader(bytes, from);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.number();
    yield { id, start: reader.at, end: (reader.at += size) };
  }
}

/** @returns whether the core module exports the function */
function trap(module: Buffer, exported: string): boolean {
  const at = new Map([...sections(module, 8)].map((section) => [section.id, section]));
  const index = exportOf(module, at.get(7), exported);
  const code = at.get(10);
  if (index === undefined || !code) return false;
  const reader = new Reader(module, code.start);
  reader.number();
  for (let passed = index - imports(module, at.get(2)); passed > 0; passed--) {
    const length = reader.number();
    reader.at += length;
  }
  const length = reader.number();
  const end = reader.at + length;
  for (let locals = reader.number(); locals > 0; locals--) {
    reader.number();
    reader.byte();
  }
  // Unreachable, then nothing until the end of the function, which is as long as it was.
  module[reader.at] = 0;
  module.fill(1, reader.at + 1, end - 1);
  return true;
}

function exportOf(module: Buffer, section: Section | undefined, wanted: string) {
  if (!section) return undefined;
  const reader = new Reader(module, section.start);
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.text();
    const isFunction = reader.byte() === 0;
    const index = reader.number();
    if (isFunction && name === wanted) return index;
  }
  return undefined;
}

/** How many functions it imports, which are counted before its own. */
function imports(module: Buffer, section: Section | undefined): number {
  if (!section) return 0;
  const reader = new Reader(module, section.start);
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === 0) functions++;
    // A function and a tag have a type, a table a kind and limits, a memory limits, a global two bytes.
    if (kind === 0) reader.number();
    else if (kind === 1) reader.limits(1);
    else if (kind === 2) reader.limits();
    else if (kind === 3) reader.at += 2;
  }
  return functions;
}

class Reader {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  /** LEB128 */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.number();
    return this.bytes.toString('utf8', this.at, (this.at += length));
  }

  /** @param before bytes in front of them */
  limits(before = 0): void {
    this.at += before;
    const hasMost = this.byte() & 1;
    this.number();
    if (hasMost) this.number();
  }
}

function section(id: number, ...parts: (Buffer | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)),
  );
  return Buffer.concat([Buffer.from([id]), size(body.length), body]);
}

function name(text: string): Buffer {
  return Buffer.concat([size(text.length), Buffer.from(text)]);
}

function size(value: number): Buffer {
  const bytes = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left]);
    bytes.push((left & 0x7f) | 0x80);
  }
}
