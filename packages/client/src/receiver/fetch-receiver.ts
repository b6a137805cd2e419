import { readBytes } from './bytes.js';
import {
  BODY_MAX_BYTES,
  checkReceiver,
  type PushHandler,
  type ReceiverAnswer,
  type ReceiverOptions,
  receive,
  TOO_LARGE,
} from './receive.js';

/** A handler of pushes for servers in the style of fetch: Bun, Deno, Hono, Next.js, Cloudflare. */
export function fetchReceiver<T = unknown>(
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): (request: Request) => Promise<Response> {
  checkReceiver(options);
  return async (request) => {
    if (request.method !== 'POST') {
      return new Response(null, { status: 405, headers: { allow: 'POST' } });
    }
    const { status, headers } = await answerTo(request, handler, options);
    return new Response(null, { status, headers });
  };
}

async function answerTo<T>(
  request: Request,
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): Promise<ReceiverAnswer> {
  let body: Uint8Array | undefined;
  try {
    body = await readBytes(chunksOf(request), BODY_MAX_BYTES);
  } catch {
    // The sender has gone in the middle of the body.
    return { status: 400, headers: {} };
  }
  return body === undefined ? TOO_LARGE : receive(request.headers, body, handler, options);
}

/** Not every runtime lets one iterate over a stream. */
async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Of a body that is too large, the rest is not wanted.
    reader.cancel().catch(() => undefined);
  }
}
