/** What went wrong with a request, as the gateway says it (RFC 9457). */

export interface FieldError {
  /** A JSON pointer into the request's body. */
  pointer: string;
  message: string;
}

export interface Problem {
  /** 0 where no answer came at all. */
  status: number;
  /** The last part of the problem's type, as `rejected`. */
  code: string;
  detail: string;
  errors: FieldError[];
  requestId: string | undefined;
  /** How long the server wants to be left alone. */
  retryAfterMs: number | undefined;
  members: Readonly<Record<string, unknown>>;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
  }
}

/** No answer came: the server is away, or the network, or it took too long. */
export function unreachable(detail = 'The server does not answer.'): Problem {
  return {
    status: 0,
    code: 'unreachable',
    detail,
    errors: [],
    requestId: undefined,
    retryAfterMs: undefined,
    members: {},
  };
}

/** Reads the problem of an answer, also of one that is none of ours, as from a proxy between. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await bodyOf(response);
  const type = textOf(body['type']);
  return {
    status: response.status,
    code: type.slice(type.lastIndexOf(':') + 1) || `http-${response.status}`,
    detail: textOf(body['detail']) || `The server answered ${response.status}.`,
    errors: errorsOf(body['errors']),
    requestId: textOf(body['requestId']) || response.headers.get('x-request-id') || undefined,
    retryAfterMs: retryAfter(response.headers.get('retry-after')),
    members: body,
  };
}

/** What is known of an error that was thrown, whatever it is. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof TypeError || isAbort(error)) return unreachable();
  const detail = error instanceof Error ? error.message : String(error);
  return { ...unreachable(detail), code: 'broken' };
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && ['AbortError', 'TimeoutError'].includes(error.name);
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function errorsOf(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: Record<string, unknown>) => ({
    pointer: textOf(entry['pointer']),
    message: textOf(entry['message']),
  }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function retryAfter(header: string | null): number | undefined {
  const seconds = header === null ? NaN : Number(header);
  // A minute is the longest that somebody who waits in front of a page is told.
  return seconds >= 0 ? Math.min(seconds, 60) * 1_000 : undefined;
}
