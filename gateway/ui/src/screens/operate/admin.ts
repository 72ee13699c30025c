/** Reads of `/api/admin`: one function for each thing that is looked at. */

import { problemOfError } from '../../api/problem';
import { fill, readJson } from '../../api/read';
import type {
  Actor,
  AuditLine,
  DeadLetter,
  DeadLetterWhole,
  Difference,
  History,
  ModuleInfo,
  Plan,
  Rates,
  States,
  Stats,
  StreamPage,
} from './model';

const ROOT = '/api/admin';
export const STREAM = `${ROOT}/stream`;

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
  return readJson(path('/stats'), signal);
}

export async function readPlans(signal?: AbortSignal): Promise<Plan[]> {
  return (await readJson<{ plans: Plan[] }>(path('/plans'), signal)).plans;
}

export async function readModules(signal?: AbortSignal): Promise<ModuleInfo[]> {
  return (await readJson<{ modules: ModuleInfo[] }>(path('/modules'), signal)).modules;
}

export async function readAudit(
  type: string | undefined,
  signal?: AbortSignal,
): Promise<AuditLine[]> {
  const of = query({ type, limit: AUDIT_LINES });
  return (await readJson<{ audit: AuditLine[] }>(path('/audit') + of, signal)).audit;
}

export function readRates(signal?: AbortSignal): Promise<Rates> {
  return readJson(path('/rates'), signal);
}

export async function readDifferences(old: string, next: string): Promise<Difference[]> {
  const where = path('/modules/{old}/diff/{next}', { old, next });
  return (await readJson<{ changes: Difference[] }>(where)).changes;
}

export function readDeadLetters(
  after: number,
  limit: number,
): Promise<{ deadLetters: DeadLetter[]; next: number | null }> {
  return readJson(path('/dead-letters') + query({ after, limit }));
}

export function readDeadLetter(id: number): Promise<DeadLetterWhole> {
  return readJson(path('/dead-letters/{id}', { id: String(id) }));
}

export function readKeys(
  type: string,
  q: string,
  after: string | undefined,
  signal?: AbortSignal,
): Promise<{ keys: string[]; next: string | null }> {
  return readJson(path('/actors/{type}', { type }) + query({ q, after, limit: 50 }), signal);
}

export function readActor(type: string, key: string, signal?: AbortSignal): Promise<Actor> {
  return readJson(path('/actors/{type}/{key}', { type, key }), signal);
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
    return await readJson<States>(path('/types/{type}/states', { type }), signal);
  } catch (error) {
    if (problemOfError(error).status === 404) return undefined;
    throw error;
  }
}
