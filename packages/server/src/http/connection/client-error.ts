import type { Socket } from 'node:net';
import { type ErrorBody, errorEntry } from '@millrace/protocol';
import { monotonicMs } from '../../core/clock.js';
import type { IdSource } from '../../core/ids.js';
import type { Log } from '../../core/log.js';
import { errorText } from '../answers/envelope.js';
import { spelled } from './header-spelling.js';
import { PROTECTING_HEADERS } from './protecting-headers.js';
import { endSocket } from './socket-end.js';

/** Answers a request that Node could not read as HTTP, so that it never reached a route. */
export function answerClientError(
  error: { readonly code?: string },
  socket: Socket,
  ids: IdSource,
  log: Log,
): void {
  // Thousands of connections may be reset at the same moment, and none of them reads an answer.
  if (error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = ids.uuid();
  const body = describe(error.code ?? '');
  const text = errorText({ requestId, startedAtMs: monotonicMs() }, body);
  const { status } = errorEntry(body.code);
  log.debug('request', { request_id: requestId, status, code: body.code });
  const allow =
    body.code === 'METHOD_NOT_ALLOWED' ? 'Allow: GET, HEAD, POST, PATCH, DELETE\r\n' : '';
  endSocket(
    socket,
    `HTTP/1.1 ${status} Error\r\nContent-Type: application/json; charset=utf-8\r\nX-Request-Id: ${requestId}\r\n${PROTECTING}${allow}Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

const PROTECTING = Object.entries(PROTECTING_HEADERS)
  .map(([name, value]) => `${spelled(name)}: ${value}\r\n`)
  .join('');

function describe(code: string): ErrorBody {
  if (code === 'HPE_INVALID_METHOD') {
    return { code: 'METHOD_NOT_ALLOWED', message: 'The method of the request is unknown.' };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { code: 'INVALID_REQUEST', message: 'The headers must be at most 16 KiB.' };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 'INVALID_REQUEST', message: 'The request did not arrive in time.' };
  }
  return { code: 'INVALID_REQUEST', message: 'The request is not valid HTTP/1.1.' };
}
