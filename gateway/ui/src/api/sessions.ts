/** Sessions are opened and closed apart from where they are read, which every page does first. */

import { request } from './http';
import { ApiError, problemOf } from './problem';
import { SESSION_PATH, type Role } from './session';

/** By a token, or as somebody of the demo. */
export type Credentials = { token: string } | { demoRole: { role: Role; subject: string } };

/**
 * @throws {ApiError} 401 when the token is not known
 */
export async function openSession(credentials: Credentials): Promise<void> {
  await send('POST', SESSION_PATH, credentials);
}

export async function closeSession(): Promise<void> {
  await send('DELETE', SESSION_PATH);
}

/** A session for one order alone, by the key in its link. */
export async function openOrder(orderId: string, trackingKey: string): Promise<void> {
  await send('POST', `/api/orders/${encodeURIComponent(orderId)}/session`, { trackingKey });
}

async function send(method: string, path: string, body?: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const content = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await request(path, {
    method,
    signal: AbortSignal.timeout(10_000),
    ...content,
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
}
