/** Reads by path, typed by the API's document. */

import { clock } from '../time/now';
import { request } from './http';
import { ApiError, problemOf, problemOfError } from './problem';
import type { paths } from './types';

interface Answers<T> {
  get: { responses: { 200: { content: { 'application/json': T } } } };
}

export type ReadablePath = {
  [P in keyof paths]: paths[P] extends Answers<unknown> ? P : never;
}[keyof paths];

export type ReadAt<P extends ReadablePath> = paths[P] extends Answers<infer T> ? T : never;

/** How long a page waits for what it shows. */
const PATIENCE_MS = 10_000;

/**
 * @throws {ApiError} when the gateway declines
 */
export async function read<P extends ReadablePath>(
  path: P,
  parameters: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<ReadAt<P>> {
  return readJson<ReadAt<P>>(fill(path, parameters), signal);
}

/** For what the document does not have yet. */
export async function readJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const sentAt = clock.mark();
  const response = await request(path, { signal: either });
  if (!response.ok) throw new ApiError(await problemOf(response));
  const value = (await response.json()) as T & { serverTime?: string };
  if (value.serverTime) clock.learn(Date.parse(value.serverTime), sentAt);
  return value;
}

/** What a gateway does not offer, and what it does not show to everybody, is simply not there. */
export async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ([401, 403, 404, 405].includes(problemOfError(error).status)) return undefined;
    throw error;
  }
}

/** Puts parameters into a path of the document: `/api/orders/{id}`. */
export function fill(path: string, parameters: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? ''),
  );
}
