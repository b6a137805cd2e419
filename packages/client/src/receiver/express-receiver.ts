import { invalidOption } from '../errors.js';
import { readBytes } from './bytes.js';
import type { ReceivedHeaders } from './headers.js';
import {
  BODY_MAX_BYTES,
  checkReceiver,
  type PushHandler,
  type ReceiverAnswer,
  type ReceiverOptions,
  receive,
  reportError,
  TOO_LARGE,
} from './receive.js';

const CLOSING = { connection: 'close' };

/** What is used of a request of Express, or of Node's own server. */
export interface IncomingPush extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly headers: Exclude<ReceivedHeaders, { get(name: string): string | null }>;
  readonly body?: unknown;
}

export interface OutgoingAnswer {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(): unknown;
}

/**
 * A handler of pushes for Express, and for Node's own `createServer`. It needs the bytes of the body: put
 * it before `express.json()`, or use `express.raw({ type: () => true, limit: '4mb' })` on its route.
 */
export function expressReceiver<T = unknown>(
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): (request: IncomingPush, response: OutgoingAnswer) => Promise<void> {
  checkReceiver(options);
  return async (request, response) => {
    const { status, headers } = await answerTo(request, handler, options);
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end();
  };
}

async function answerTo<T>(
  request: IncomingPush,
  handler: PushHandler<T>,
  options: ReceiverOptions<T>,
): Promise<ReceiverAnswer> {
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
  if (request.body !== undefined && !(request.body instanceof Uint8Array)) {
    const fault = invalidOption(
      'the body was parsed before the receiver could verify its bytes: mount it before express.json(), or with express.raw()',
    );
    reportError(options, fault);
    return { status: 500, headers: {} };
  }
  let body: Uint8Array | undefined;
  try {
    body = request.body ?? (await readBytes(request, BODY_MAX_BYTES));
  } catch {
    // The sender has gone in the middle of the body. A rejection that nobody handles would end the process.
    return { status: 400, headers: CLOSING };
  }
  if (body === undefined) return { ...TOO_LARGE, headers: CLOSING };
  return receive(request.headers, body, handler, options);
}
