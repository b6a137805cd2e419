import { type Capability, type ErrorBody, type Scope, scopeAllows } from '@millrace/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/caller.js';
import type { Idempotency } from '../core/commands.js';
import { requestFingerprint } from '../core/idempotency.js';
import { hashSecret, type KeyRing } from '../core/key-ring.js';
import type { RateLimiter } from '../core/rate-limit.js';
import { fieldRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js';
import { type Body, checkMediaType, parseJson } from './body.js';
import { type Answer, presenceOf, type Route, type RouteContext } from './call.js';
import { sendData, sendError } from './envelope.js';
import { coerceQuery, createValidator, dropNulls, type Fields } from './validation.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    bodyMaxBytes?: number;
  }
}

const BEARER = /^Bearer +(.*\S) *$/i;

/**
 * Puts a capability on its route. The checks run in the contract's order: route and method
 * (Fastify), key, scope, size (the body parser), media type, JSON, fields, and then the store's.
 */
export function registerRoute(app: FastifyInstance, route: Route, context: RouteContext): void {
  const { capability } = route;
  const validate = createValidator(capability);
  const writes = 'idempotency_key' in capability.params.properties;

  const run = (request: FastifyRequest): Promise<Answer | Refusal> | Refusal => {
    const fields = readFields(request, route);
    if ('code' in fields) return fields;
    const { values, bodyText } = fields;
    takeAliases(capability, values);
    if (writes && values.idempotency_key === undefined) {
      values.idempotency_key = request.headers['idempotency-key'];
    }
    const refusal = validate(values);
    if (refusal !== undefined) return refusal;
    return route.handle(
      {
        params: values,
        bodyText,
        caller: request.caller,
        secret: () => bearerSecret(request) ?? '',
        idempotency: idempotencyOf(request, route, values, bodyText, context),
        presence: presenceOf(request),
      },
      context,
    );
  };

  app.route({
    method: capability.method,
    url: capability.path.replace(/\{(\w+)\}/g, ':$1'),
    config: { bodyMaxBytes: capability.bodyMaxBytes },
    onRequest: (request, reply, done) =>
      authenticate(request, reply, capability.scopes, context, done),
    // Without async, because every await more is felt on the path that all messages take.
    handler: (request, reply) => {
      app.callsUnderWay.begin(reply.raw);
      const finish = (result: Answer | ErrorBody): void => {
        const held = (request.body as Body | undefined)?.heldBytes ?? 0;
        if (held > 0) context.budget.give(held);
        if ('code' in result) sendError(request, reply, result);
        else sendData(request, reply, result.data, result.replayed);
      };
      try {
        const result = run(request);
        if ('code' in result) finish(result);
        else result.then(finish, (error) => finish(refusalOf(error, request)));
      } catch (error) {
        finish(refusalOf(error, request));
      }
    },
  });
}

function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  scopes: readonly Scope[],
  { keyRing, rateLimiter }: RouteContext,
  done: () => void,
): void {
  const judge = (caller: Caller | undefined): void => {
    if (caller === undefined) return sendError(request, reply, unauthenticated());
    if (!scopeAllows(caller.scopes, scopes)) return sendError(request, reply, scopeMissing(scopes));
    const refusal = rateLimiter === undefined ? undefined : limitRate(rateLimiter, caller, reply);
    if (refusal !== undefined) return sendError(request, reply, refusal);
    request.caller = caller;
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

const bearerSecret = (request: FastifyRequest): string | undefined =>
  BEARER.exec(request.headers.authorization ?? '')?.[1];

function readFields(
  request: FastifyRequest,
  { capability }: Route,
): { values: Fields; bodyText: string } | Refusal {
  const inPath = request.params as Fields;
  if (capability.method === 'GET') {
    const values = { ...coerceQuery(capability, request.query as Fields), ...inPath };
    return { values, bodyText: '' };
  }
  const body = request.body as Body | undefined;
  if (body === undefined || body.bytes.length === 0)
    return { values: { ...inPath }, bodyText: '{}' };
  const unread = checkMediaType(request.raw);
  if (unread !== undefined) return unread;
  const parsed = parseJson(body.bytes);
  if ('ok' in parsed) return parsed;
  const { text, value } = parsed;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return refuse('INVALID_REQUEST', 'The body must be a JSON object.', {
      hint: 'Send the fields of the call as one object.',
      details: [{ path: '', message: 'must be object' }],
    });
  }
  const values = value as Fields;
  dropNulls(capability, values);
  for (const name in inPath) {
    if (values[name] !== undefined && values[name] !== inPath[name]) {
      return fieldRefusal(`/${name}`, 'must agree with the path', 'Leave it out of the body.');
    }
    values[name] = inPath[name];
  }
  return { values, bodyText: text };
}

/** The field's own name wins over its aliases, and an earlier alias over a later one. */
function takeAliases({ aliases = {} }: Capability, values: Fields): void {
  for (const [alias, name] of Object.entries(aliases)) {
    const value = values[alias];
    if (values[name] === undefined && value !== null) values[name] = value;
  }
}

function idempotencyOf(
  request: FastifyRequest,
  route: Route,
  values: Fields,
  bodyText: string,
  context: RouteContext,
): Idempotency | null {
  const key = values.idempotency_key;
  if (typeof key !== 'string') return null;
  const known: Fields = {};
  for (const name in route.capability.params.properties) {
    if (values[name] !== undefined) known[name] = values[name];
  }
  for (const name of route.secrets ?? []) {
    const secret = known[name];
    if (typeof secret === 'string') known[name] = context.push.sealSecret(secret).secretDigest;
  }
  const path = request.url.split('?', 1)[0] as string;
  return {
    capability: route.capability.id as Idempotency['capability'],
    key,
    fingerprint: requestFingerprint(path, known, route.texts?.(values, bodyText)),
    windowMs: context.idempotencyWindowMs,
  };
}

/** What went wrong on the way to an outcome; causes go to the log only. */
export function refusalOf(error: unknown, request: FastifyRequest): ErrorBody {
  if (error instanceof RefusalError) return error.refusal;
  request.log.error({ err: error, requestId: request.trace?.requestId }, 'request failed');
  return refuse('INTERNAL', 'The server failed on this request.', {
    hint: 'Report it with the request id; retry with an idempotency key.',
  });
}

const unauthenticated = (): Refusal =>
  refuse('UNAUTHENTICATED', 'The API key is missing, malformed, unknown, expired or revoked.', {
    hint: "Send the header 'Authorization: Bearer ifr_…' with a key of this server.",
  });

const scopeMissing = (scopes: readonly Scope[]): Refusal =>
  refuse('SCOPE_MISSING', `This call needs a key with the scope ${scopes.join(' or ')}.`, {
    hint: 'Make a key with that scope by POST /v1/account/keys/create.',
  });
