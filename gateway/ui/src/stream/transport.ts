/**
 * How events come from the gateway. A stream is read by `fetch` and not by `EventSource`, which
 * hides what a page has to tell: the status of a refusal, `Retry-After`, and the comments by
 * which even an older gateway shows that it is alive.
 */

import { request } from '../api/http';
import { problemOf, problemOfError, type Problem } from '../api/problem';
import { EventParser } from './parser';
import type { StreamEvent } from './source';

export interface StreamHandlers {
  open(): void;
  event(event: StreamEvent): void;
  /** Something came, if only a comment. */
  sign(): void;
  /** @param end `over` when nothing follows, ever; a problem, or nothing known, otherwise */
  close(end: 'over' | Problem | undefined): void;
}

export interface Transport {
  /** @returns how to close it; then no handler is called any more */
  open(url: string, after: string | undefined, handlers: StreamHandlers): () => void;
}

export const fetchTransport: Transport = {
  open(url, after, handlers) {
    const controller = new AbortController();
    const { signal } = controller;
    void run(url, after, handlers, signal).then(
      (end) => {
        if (!signal.aborted) handlers.close(end);
      },
      (error: unknown) => {
        if (!signal.aborted) handlers.close(problemOfError(error));
      },
    );
    return () => controller.abort();
  },
};

async function run(
  url: string,
  after: string | undefined,
  handlers: StreamHandlers,
  signal: AbortSignal,
): Promise<'over' | Problem | undefined> {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (after !== undefined) headers['last-event-id'] = after;
  const response = await request(url, { headers, signal, cache: 'no-store' });
  if (response.status === 204) return 'over';
  if (!response.ok || !response.body) return problemOf(response);
  handlers.open();
  const parser = new EventParser((event) => {
    if (!signal.aborted) handlers.event(event);
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (signal.aborted || done) return undefined;
    handlers.sign();
    parser.push(value);
  }
}
