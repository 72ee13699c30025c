/** Reads of `/api/admin`: one function for each thing that is looked at. */

import { problemOfError } from '../../api/problem';
import { fill, read, readJson, type ReadablePath, type ReadAt, unlessAbsent } from '../../api/read';
import { partsOf } from './words';
import type {
  Actor,
  AuditLine,
  BoundPlugin,
  DeadLetterWhole,
  Difference,
  History,
  ModuleInfo,
  Plan,
  Plugin,
  Rates,
  States,
  Stats,
  StreamPage,
} from './model';

const ROOT = '/api/admin';
export const STREAM = `${ROOT}/stream`;

type At<P extends `/${string}`> = ReadAt<`${typeof ROOT}${P}` & ReadablePath>;

/** How many lines of the audit log are read at once. */
export const AUDIT_LINES = 100;

/** A path below the root, with parameters that are any text. */
export function path(pattern: string, parameters: Record<string, string> = {}): string {
  return fill(ROOT + pattern, parameters);
}

function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

export function readStats(signal?: AbortSignal): Promise<Stats> {
  return read(`${ROOT}/stats`, {}, signal);
}

export async function readPlans(signal?: AbortSignal): Promise<Plan[]> {
  // Of a list each has its type and its time, which the document leaves to those that are read alone.
  return (await read(`${ROOT}/plans`, {}, signal)).plans as Plan[];
}

export async function readModules(signal?: AbortSignal): Promise<ModuleInfo[]> {
  return (await read(`${ROOT}/modules`, {}, signal)).modules as ModuleInfo[];
}

/** Of so many kitchens it is asked whether their plugin rests, at once. */
const KITCHENS_MAX = 30;

export async function readPlugins(signal?: AbortSignal): Promise<BoundPlugin[]> {
  const { plugins } = await read(`${ROOT}/plugins`, {}, signal);
  return Promise.all(plugins.map((plugin, n) => withTrust(plugin, n < KITCHENS_MAX, signal)));
}

/** Whether one rests only those know who ask it: of kitchens it can be seen. */
async function withTrust(
  plugin: Plugin,
  isAsked: boolean,
  signal: AbortSignal | undefined,
): Promise<BoundPlugin> {
  const { type, key } = partsOf(plugin.actor);
  if (type !== 'kitchen' || !isAsked) return plugin;
  const kitchen = await unlessAbsent(read('/api/kitchen/{id}/status', { id: key }, signal));
  return kitchen?.plugin ? { ...plugin, standing: kitchen.plugin } : plugin;
}

export async function readAudit(
  type: string | undefined,
  signal?: AbortSignal,
): Promise<AuditLine[]> {
  const of = query({ type, limit: AUDIT_LINES });
  return (await readJson<At<'/audit'>>(path('/audit') + of, signal)).audit;
}

export function readRates(signal?: AbortSignal): Promise<Rates> {
  return read(`${ROOT}/rates`, {}, signal);
}

export async function readDifferences(old: string, next: string): Promise<Difference[]> {
  return (await read(`${ROOT}/modules/{old}/diff/{new}`, { old, new: next })).changes;
}

export function readDeadLetters(after: number, limit: number): Promise<At<'/dead-letters'>> {
  return readJson(path('/dead-letters') + query({ after, limit }));
}

export function readDeadLetter(id: number): Promise<DeadLetterWhole> {
  return read(`${ROOT}/dead-letters/{id}`, { id: String(id) });
}

export function readKeys(
  type: string,
  q: string,
  after: string | undefined,
  signal?: AbortSignal,
): Promise<At<'/actors/{type}'>> {
  return readJson(path('/actors/{type}', { type }) + query({ q, after, limit: 50 }), signal);
}

export function readActor(type: string, key: string, signal?: AbortSignal): Promise<Actor> {
  return read(`${ROOT}/actors/{type}/{key}`, { type, key }, signal);
}

export function readHistory(type: string, key: string, signal?: AbortSignal): Promise<History> {
  const where = path('/actors/{type}/{key}/history', { type, key });
  return readJson(where + query({ limit: 50 }), signal);
}

export function readStream(
  stream: string,
  key: string,
  after: number,
  signal?: AbortSignal,
): Promise<StreamPage> {
  const where = path('/streams/{stream}/{key}', { stream, key });
  return readJson(where + query({ after, limit: 100 }), signal);
}

/** Gateways may be without it: then nobody has counted. */
export async function readStates(type: string, signal?: AbortSignal): Promise<States | undefined> {
  try {
    return await read(`${ROOT}/types/{type}/states`, { type }, signal);
  } catch (error) {
    if (problemOfError(error).status === 404) return undefined;
    throw error;
  }
}
