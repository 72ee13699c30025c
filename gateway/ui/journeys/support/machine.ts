/** How quick this machine is, and how much of it was left while something was measured. */

import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks since the machine was started. */
interface Ticks {
  all: number;
  /** All processes, and whatever runs beside this machine on the same processors. */
  busy: number;
  /** Of this process and all that it has started: its browser, its pizzeria. */
  ours: number;
}

const MOMENT = 10;

/** @returns what tells, later, which share of the processors others had since now */
export async function watchOthers(): Promise<() => Promise<number>> {
  const before = await ticks();
  return async () => {
    const after = await ticks();
    // In less than a moment nobody can be seen at work.
    if (!before || !after || after.all - before.all < MOMENT) return 0;
    const others = after.busy - before.busy - (after.ours - before.ours);
    return Math.max(0, others) / (after.all - before.all);
  };
}

/** What the work below takes where the budgets were set: two cores of a server of 2024, without a graphics card. */
const REFERENCE_MS = 28;
const ROUNDS = 20;
let known: number | undefined;

/** @returns how many times slower than there work of a fixed size is done here, at its best; never less than 1 */
export function slowness(): number {
  known ??= Math.max(1, Math.min(...Array.from({ length: ROUNDS }, tookToWork)) / REFERENCE_MS);
  return known;
}

/** Numbers, text and memory, as pages need them. */
function tookToWork(): number {
  const begun = performance.now();
  const seen = new Map<string, number>();
  for (let state = 1, step = 0; step < 400_000; step++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const name = `k${state % 5_000}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  return performance.now() - begun;
}

/** `undefined` where the system does not tell. */
async function ticks(): Promise<Ticks | undefined> {
  const told = await readFile('/proc/stat', 'utf8').catch(() => undefined);
  const fields = told?.split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number);
  if (!fields) return undefined;
  const all = fields.reduce((sum, field) => sum + field, 0);
  const [, , , idle = 0, waiting = 0] = fields;
  return { all, busy: all - idle - waiting, ours: await ours() };
}

async function ours(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  );
  const spent = new Map<number, number>();
  const children = new Map<number, number[]>();
  for (const stat of stats.filter((text) => text !== '')) {
    // The name, which may have anything in it, is in brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined) continue;
    const pid = parseInt(stat, 10);
    const [parent = 0] = fields.map(Number);
    // Its own time, and that of those that it has outlived.
    spent.set(
      pid,
      fields
        .slice(10, 14)
        .map(Number)
        .reduce((sum, field) => sum + field, 0),
    );
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  let sum = 0;
  for (const left = [process.pid]; ;) {
    const pid = left.pop();
    if (pid === undefined) return sum;
    sum += spent.get(pid) ?? 0;
    left.push(...(children.get(pid) ?? []));
  }
}
