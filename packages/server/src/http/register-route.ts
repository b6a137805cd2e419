import { isUtf8 } from 'node:buffer';
import type { Capability, ErrorBody } from '@millrace/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Idempotency } from '../core/commands.js';
import { requestFingerprint } from '../core/idempotency.js';
import { fieldRefusal, type Refusal, refuse } from '../core/refusal.js';
import { auditSourceOf, isAudited, refusedRequest } from './auditing.js';
import { authenticate, bearerSecret } from './authentication.js';
import { type Body, checkMediaType, parseJson } from './body.js';
import { type Answer, presenceOf, type Route, type RouteContext } from './call.js';
import { sendData, sendError } from './envelope.js';
import { refusalOf } from './refusal-of.js';
import { coerceQuery, createValidator, dropNulls, type Fields, knownFields } from './validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyMaxBytes?: number;
    /** The id of the capability that the route is for. */
    capability?: string;
  }
}

/**
 * Puts a capability on its route. The checks run in the contract's order: route and method
 * (Fastify), key, scope, size (the body parser), media type, JSON, fields, and then the store's.
 */
export function registerRoute(app: FastifyInstance, route: Route, context: RouteContext): void {
  const { capability } = route;
  const validate = createValidator(capability);
  const audits = isAudited(capability);
  const writes = 'idempotency_key' in capability.params.properties;

  const run = (request: FastifyRequest): Promise<Answer | Refusal> | Refusal => {
    const fields = readFields(request, route);
    if ('code' in fields) return fields;
    const { values, bodyText } = fields;
    takeAliases(capability, values);
    if (writes && values.idempotency_key === undefined) {
      values.idempotency_key = headerText(request.headers['idempotency-key']);
    }
    const refusal = validate(values);
    if (refusal !== undefined) return refusal;
    return route.handle(
      {
        params: values,
        bodyText,
        caller: request.caller,
        audit: audits ? auditSourceOf(request, values) : undefined,
        secret: () => bearerSecret(request) ?? '',
        idempotency: idempotencyOf(route, values, bodyText, context),
        presence: presenceOf(request),
      },
      context,
    );
  };

  app.route({
    method: capability.method,
    url: capability.path.replace(/\{(\w+)\}/g, ':$1'),
    config: {
      bodyMaxBytes: capability.bodyMaxBytes,
      capability: capability.id,
      onRefusal: audits
        ? (request, error) => context.audit.refused(refusedRequest(request, capability, error))
        : undefined,
    },
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
  const unread = checkMediaType(request);
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

/** Node reads headers as Latin-1; a key that is UTF-8 must be the same key in header and body. */
function headerText(value: string | string[] | undefined): string | string[] | undefined {
  if (typeof value !== 'string') return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

function idempotencyOf(
  route: Route,
  values: Fields,
  bodyText: string,
  context: RouteContext,
): Idempotency | null {
  const key = values.idempotency_key;
  if (typeof key !== 'string') return null;
  const known = knownFields(route.capability, values);
  for (const name of route.secrets ?? []) {
    const secret = known[name];
    if (typeof secret === 'string') known[name] = context.push.sealSecret(secret).secretDigest;
  }
  const { id, path } = route.capability;
  return {
    capability: id as Idempotency['capability'],
    key,
    // What stands in the path counts as a field, however it was encoded there.
    fingerprint: requestFingerprint(path, known, route.texts?.(values, bodyText)),
    windowMs: context.idempotencyWindowMs,
  };
}
