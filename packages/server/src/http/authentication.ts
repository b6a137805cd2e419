import { type Scope, scopeAllows } from '@millrace/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/keys/caller.js';
import { hashSecret, type KeyRing } from '../core/keys/key-ring.js';
import type { RateLimiter } from '../core/limits/rate-limit.js';
import { type Refusal, refuse, unauthenticated } from '../core/refusal.js';
import { sendError } from './answers/envelope.js';
import { refusalOf } from './answers/refusal-of.js';
import { bearerSecret } from './bearer-secret.js';
import type { RouteContext } from './call.js';
import { addressGroup, clientAddress } from './connection/client-address.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

type Guards = Pick<RouteContext, 'keyRing' | 'keyUse' | 'rateLimiter' | 'refusedRequests'>;

/** Finds the caller of a request by its key. Sends the refusal itself if the call is not allowed. */
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

/** Makes clients that guess keys wait. A valid key is found before this check, so it never waits. */
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
    refuse('RATE_LIMITED', 'This address has sent too many requests without a valid API key.', {
      hint: 'Send a valid key, which is accepted at any time.',
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
  return refuse('RATE_LIMITED', 'This API key has made more requests than it is allowed.', {
    hint: 'Wait as Retry-After says, then try again.',
  });
}

/** The digest of the last Authorization header of each connection, so that it is computed only once. */
const digests = new WeakMap<object, { readonly header: string; readonly digest: string }>();

function findCaller(
  request: FastifyRequest,
  keyRing: KeyRing,
): Caller | undefined | Promise<Caller | undefined> {
  const digest = digestOf(request);
  return digest === undefined ? undefined : keyRing.find(digest);
}

/** Undefined if the request has no secret. */
function digestOf(request: FastifyRequest): string | undefined {
  const { socket, headers } = request.raw;
  const header = headers.authorization ?? '';
  const known = digests.get(socket);
  // This compares the header with the connection's own last one, so its timing reveals nothing.
  if (known?.header === header) return known.digest;
  const secret = bearerSecret(request);
  if (secret === undefined) return undefined;
  const digest = hashSecret(secret);
  digests.set(socket, { header, digest });
  return digest;
}

/**
 * The lane in which a request waits for its turn: its project if its key is already known, otherwise
 * its address. So a client with a known key never waits behind others at its address without one.
 */
export function laneOf(request: FastifyRequest, keyRing: KeyRing): string {
  const digest = digestOf(request);
  const caller = digest === undefined ? undefined : keyRing.peek(digest);
  return caller?.project ?? `address ${addressGroup(clientAddress(request))}`;
}

const scopeMissing = (scopes: readonly Scope[]): Refusal =>
  refuse('SCOPE_MISSING', `This call needs a key with the scope ${scopes.join(' or ')}.`, {
    hint: 'Ask somebody who has a key with the scope admin to create one with POST /v1/account/keys/create.',
  });
