import { type Scope, scopeAllows } from '@millrace/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/keys/caller.js';
import { hashSecret, type KeyRing } from '../core/keys/key-ring.js';
import type { RateLimiter } from '../core/limits/rate-limit.js';
import { type Refusal, refuse, unauthenticated } from '../core/refusal.js';
import { bearerSecret } from './bearer-secret.js';
import type { RouteContext } from './call.js';
import { addressGroup, clientAddress } from './connection/client-address.js';
import { sendError } from './envelope.js';
import { refusalOf } from './refusal-of.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

type Guards = Pick<RouteContext, 'keyRing' | 'keyUse' | 'rateLimiter' | 'refusedRequests'>;

/** Finds the caller of a request by its key; answers by itself where it may not call. */
export function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  scopes: readonly Scope[],
  guards: Guards,
  done: () => void,
): void {
  const check = (caller: Caller | undefined): void => {
    if (caller === undefined) return refuseKey(request, reply, guards);
    request.caller = caller;
    guards.keyUse.used(caller.keyId);
    request.server.connections.accepted(request.raw.socket);
    if (!scopeAllows(caller.scopes, scopes)) return sendError(request, reply, scopeMissing(scopes));
    const { rateLimiter } = guards;
    const refusal = rateLimiter === undefined ? undefined : limitRate(rateLimiter, caller, reply);
    if (refusal !== undefined) return sendError(request, reply, refusal);
    done();
  };
  const found = findCaller(request, guards.keyRing);
  if (found instanceof Promise) {
    found.then(check, (error) => sendError(request, reply, refusalOf(error)));
  } else {
    check(found);
  }
}

/** Whoever guesses keys is told to wait; a key that is valid is found before, and never waits. */
function refuseKey(
  request: FastifyRequest,
  reply: FastifyReply,
  { refusedRequests }: Guards,
): void {
  const address = clientAddress(request);
  request.server.connections.refused(request.raw.socket, address);
  const verdict = refusedRequests.take(addressGroup(address));
  if (verdict.allowed) return sendError(request, reply, unauthenticated());
  reply.header('retry-after', String(verdict.retryAfterSeconds));
  sendError(
    request,
    reply,
    refuse('RATE_LIMITED', 'Too many requests from this address had no valid API key.', {
      hint: 'Send a valid key; it is accepted at any time.',
    }),
  );
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
  const digest = digestOf(request);
  return digest === undefined ? undefined : keyRing.find(digest);
}

/** Undefined where there is no secret. */
function digestOf(request: FastifyRequest): string | undefined {
  const { socket, headers } = request.raw;
  const header = headers.authorization ?? '';
  const known = digests.get(socket);
  // A header is compared with what the same connection sent before, which tells it nothing new.
  if (known?.header === header) return known.digest;
  const secret = bearerSecret(request);
  if (secret === undefined) return undefined;
  const digest = hashSecret(secret);
  digests.set(socket, { header, digest });
  return digest;
}

/**
 * Whose turn a request waits for: that of its project, as far as its key is known already, so that
 * who comes with a good key never waits behind others of the same address who have none.
 */
export function laneOf(request: FastifyRequest, keyRing: KeyRing): string {
  const digest = digestOf(request);
  const caller = digest === undefined ? undefined : keyRing.peek(digest);
  return caller?.project ?? `address ${addressGroup(clientAddress(request))}`;
}

const scopeMissing = (scopes: readonly Scope[]): Refusal =>
  refuse('SCOPE_MISSING', `This call needs a key with the scope ${scopes.join(' or ')}.`, {
    hint: 'Whoever has a key with the scope admin makes one: POST /v1/account/keys/create.',
  });
