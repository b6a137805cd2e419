import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** Chrome keeps the answer to a preflight no longer than this. */
const PREFLIGHT_KEPT_SECONDS = 7_200;

const PREFLIGHT_ANSWER = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, Idempotency-Key, Traceparent, Tracestate',
  'access-control-max-age': String(PREFLIGHT_KEPT_SECONDS),
};

/** Headers of answers that a script could not read otherwise. */
const EXPOSED_HEADERS =
  'Allow, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id';

/**
 * Lets web pages of these origins call the server (CORS). It stands before all routes, so that refusals
 * have the headers too and a page can read why a call failed. Cookies play no part: a page needs a key,
 * like any other client.
 */
export function allowOrigins(handle: RequestListener, origins: readonly string[]): RequestListener {
  if (origins.length === 0) return handle;
  const allowed = new Set(origins);
  return (request, response) => {
    const { origin } = request.headers;
    response.setHeader('vary', 'Origin');
    if (origin === undefined || !allowed.has(origin)) return handle(request, response);
    response.setHeader('access-control-allow-origin', origin);
    if (isPreflight(request)) return answerPreflight(response);
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
    handle(request, response);
  };
}

const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, PREFLIGHT_ANSWER).end();
}
