import { type Scope, scopeAllows } from '@millrace/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/caller.js';
import { hashSecret, type KeyRing } from '../core/key-ring.js';
import type { RateLimiter } from '../core/rate-limit.js';
import { type Refusal, refuse } from '../core/refusal.js';
import type { RouteContext } from './call.js';
import { sendError } from './envelope.js';
import { refusalOf } from './refusal-of.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

const BEARER = /^Bearer +(.*\S) *$/i;

/** Finds the caller of a request by its key; answers by itself where it may not call. */
export function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  scopes: readonly Scope[],
  { keyRing, keyUse, rateLimiter }: Pick<RouteContext, 'keyRing' | 'keyUse' | 'rateLimiter'>,
  done: () => void,
): void {
  const judge = (caller: Caller | undefined): void => {
    if (caller === undefined) return sendError(request, reply, unauthenticated());
    request.caller = caller;
    keyUse.used(caller.keyId);
    if (!scopeAllows(caller.scopes, scopes)) return sendError(request, reply, scopeMissing(scopes));
    const refusal = rateLimiter === undefined ? undefined : limitRate(rateLimiter, caller, reply);
    if (refusal !== undefined) return sendError(request, reply, refusal);
    done();
  };
  const found = findCaller(request, keyRing);
  if (found instanceof Promise) {
    found.then(judge, (error) => sendError(request, reply, refusalOf(error, request)));
  } else {
    judge(found);
  }
}

/** The header fields are those of draft-ietf-httpapi-ratelimit-headers-06. */
function limitRate(
  limiter: RateLimiter,
  { keyId }: Caller,
  reply: FastifyReply,
): Refusal | undefined {
  const verdict = limiter.take(keyId);
  reply.headers({
    'ratelimit-limit': String(verdict.limit),
    'ratelimit-remaining': String(verdict.remaining),
    'ratelimit-reset': String(verdict.resetSeconds),
  });
  if (verdict.allowed) return undefined;
  reply.header('retry-after', String(verdict.retryAfterSeconds));
  return refuse('RATE_LIMITED', 'This API key has made more requests than it may.', {
    hint: 'Wait as Retry-After says, then try again.',
  });
}

/** The digest of the header that a connection has sent, so that it is made once for each. */
const digests = new WeakMap<object, { readonly header: string; readonly digest: string }>();

function findCaller(
  request: FastifyRequest,
  keyRing: KeyRing,
): Caller | undefined | Promise<Caller | undefined> {
  const { socket, headers } = request.raw;
  const header = headers.authorization ?? '';
  const known = digests.get(socket);
  // A header is compared with what the same connection sent before, which tells it nothing new.
  if (known?.header === header) return keyRing.find(known.digest);
  const secret = bearerSecret(request);
  if (secret === undefined) return undefined;
  const digest = hashSecret(secret);
  digests.set(socket, { header, digest });
  return keyRing.find(digest);
}

export const bearerSecret = (request: FastifyRequest): string | undefined =>
  BEARER.exec(request.headers.authorization ?? '')?.[1];

const unauthenticated = (): Refusal =>
  refuse('UNAUTHENTICATED', 'The API key is missing, malformed, unknown, expired or revoked.', {
    hint: "Send the header 'Authorization: Bearer ifr_…' with a key of this server.",
  });

const scopeMissing = (scopes: readonly Scope[]): Refusal =>
  refuse('SCOPE_MISSING', `This call needs a key with the scope ${scopes.join(' or ')}.`, {
    hint: 'Make a key with that scope by POST /v1/account/keys/create.',
  });
