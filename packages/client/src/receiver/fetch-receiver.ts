import {
  BODY_MAX_BYTES,
  type PushHandler,
  type ReceiverOptions,
  receive,
  TOO_LARGE,
} from './receive.js';

/** A handler of pushes for servers in the style of fetch: Bun, Deno, Hono, Next.js, Cloudflare. */
export function fetchReceiver<T = unknown>(
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'POST') {
      return new Response(null, { status: 405, headers: { allow: 'POST' } });
    }
    const isTooLarge = Number(request.headers.get('content-length') ?? 0) > BODY_MAX_BYTES;
    const body = isTooLarge ? undefined : new Uint8Array(await request.arrayBuffer());
    const { status, headers } =
      body === undefined || body.length > BODY_MAX_BYTES
        ? TOO_LARGE
        : await receive(request.headers, body, handler, options);
    return new Response(null, { status, headers });
  };
}
