import { isUtf8 } from 'node:buffer';
import { CAPABILITIES, type Capability, type ErrorBody } from '@millrace/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Reservation } from '../core/byte-budget.js';
import type { Caller } from '../core/caller.js';
import type { Idempotency } from '../core/commands.js';
import { requestFingerprint } from '../core/idempotency.js';
import { noRoom } from '../core/lease-within.js';
import { fieldRefusal, type Refusal, refuse, unauthenticated } from '../core/refusal.js';
import { auditSourceOf, isAudited, refusedRequest } from './auditing.js';
import { authenticate } from './authentication.js';
import { bearerSecret } from './bearer-secret.js';
import type { Body } from './body.js';
import { type BodyShape, bodyShapeOf } from './body-scan/body-shape.js';
import { type Answer, presenceOf, type Route, type RouteContext } from './call.js';
import { sendData, sendError } from './envelope.js';
import { checkMediaType } from './media-type.js';
import { parseJson } from './parse-json.js';
import { payloadTexts } from './payload-texts.js';
import { refusalOf } from './refusal-of.js';
import { coerceQuery, createValidator, dropNulls, type Fields, knownFields } from './validation.js';

/** What a call says, valid, before it runs. */
interface ReadCall {
  readonly params: Fields;
  readonly payloads: () => readonly string[];
}

const NO_PAYLOADS = (): readonly string[] => [];

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyMaxBytes?: number;
    /** The id of the capability that the route is for. */
    capability?: string;
    /** The capability itself, and what of its bodies is kept. */
    call?: Capability;
    bodyShape?: BodyShape;
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
  const queueField = capability === CAPABILITIES.create ? 'name' : 'queue';

  const readCall = (request: FastifyRequest): ReadCall | Refusal => {
    const fields = readFields(request, route);
    if ('code' in fields) return fields;
    const { values, payloads } = fields;
    takeAliases(capability, values);
    if (writes && values.idempotency_key === undefined) {
      values.idempotency_key = headerText(request.headers['idempotency-key']);
    }
    const invalid = validate(values);
    if (invalid !== undefined) return invalid;
    // Only names that are in order get here, so that the log may show them.
    request.trace.queue = values[queueField] as string | undefined;
    return { params: values, payloads };
  };

  const run = (
    request: FastifyRequest,
    { params, payloads }: ReadCall,
    room: Reservation,
  ): Promise<Answer | Refusal> | Refusal => {
    return route.handle(
      {
        params,
        payloads,
        caller: request.caller,
        audit: audits ? auditSourceOf(request, params) : undefined,
        secret: () => bearerSecret(request) ?? '',
        idempotency: idempotencyOf(route, params, payloads, context),
        presence: presenceOf(request),
        room,
      },
      context,
    );
  };

  /** Runs the call when its answer has room. */
  const runWithRoom = (
    request: FastifyRequest,
    room: Reservation,
  ): Promise<Answer | Refusal> | Refusal => {
    // The key may have ended while the body arrived.
    if (request.caller.ended()) return unauthenticated();
    const call = readCall(request);
    if ('code' in call) return call;
    // While a call sleeps, nobody else shall lack what it does not need.
    if (route.waits) (request.body as Body | undefined)?.room.release();
    const bytes = route.answerMaxBytes?.(call.params) ?? 0;
    if (bytes === 0 || room.take(bytes)) return run(request, call, room);
    return room.takeSoon(bytes).then((hasRoom) => (hasRoom ? run(request, call, room) : noRoom()));
  };

  app.route({
    method: capability.method,
    url: capability.path.replace(/\{(\w+)\}/g, ':$1'),
    config: {
      bodyMaxBytes: capability.bodyMaxBytes,
      capability: capability.id,
      call: capability,
      bodyShape: bodyShapeOf(capability),
      onRefusal: audits
        ? (request, error) => context.audit.refused(refusedRequest(request, capability, error))
        : undefined,
    },
    onRequest: (request, reply, done) =>
      authenticate(request, reply, capability.scopes, context, done),
    // Without async, because every await more is felt on the path that all messages take.
    handler: (request, reply) => {
      app.turns.run(request.caller.project, () => handle(request, reply));
    },
  });

  const handle = (request: FastifyRequest, reply: FastifyReply): void => {
    // The client left while the call waited for its turn: nothing of it was done.
    if (reply.raw.destroyed) {
      (request.body as Body | undefined)?.room.release();
      return;
    }
    const { turns } = app;
    const { project } = request.caller;
    const room = context.budget.open(accountOf(request.caller, capability), 'answer');
    let isOver = false;
    // It comes after the last byte has gone to the system, or with the connection's end.
    reply.raw.once('close', () => {
      isOver = true;
      room.release();
    });
    const finish = (result: Answer | ErrorBody): void => {
      (request.body as Body | undefined)?.room.release();
      if ('code' in result) {
        room.release();
        sendError(request, reply, result);
        return;
      }
      room.shrinkTo(sendData(request, reply, result.data, result.replayed));
      // The client had gone before the answer was there.
      if (isOver) room.release();
    };
    try {
      const result = runWithRoom(request, room);
      if ('code' in result) finish(result);
      else {
        result.then(
          (outcome) => turns.run(project, () => finish(outcome)),
          (error) => finish(refusalOf(error)),
        );
      }
    } catch (error) {
      finish(refusalOf(error));
    }
  };
}

/**
 * Whose share of the bytes in flight a call takes. Administration has one of its own: where a project
 * holds all that it may, its keys can still be revoked.
 */
export const accountOf = ({ project }: Caller, { scopes }: Capability): string =>
  scopes.every((scope) => scope === 'admin') ? ADMINISTRATION : project;

/** No project has such a name. */
const ADMINISTRATION = '(administration)';

function readFields(
  request: FastifyRequest,
  { capability }: Route,
): { values: Fields; payloads: () => readonly string[] } | Refusal {
  const inPath = request.params as Fields;
  if (capability.method === 'GET') {
    const values = { ...coerceQuery(capability, request.query as Fields), ...inPath };
    return { values, payloads: NO_PAYLOADS };
  }
  const read = readValue(request, capability);
  if (read === undefined) return { values: { ...inPath }, payloads: NO_PAYLOADS };
  if ('ok' in read) return read;
  const { value, payloads } = read;
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
  return { values, payloads };
}

interface ReadValue {
  readonly value: unknown;
  readonly payloads: () => readonly string[];
}

/** Undefined where there is no body. */
function readValue(
  request: FastifyRequest,
  capability: Capability,
): ReadValue | Refusal | undefined {
  const { bytes, scanned } = (request.body as Body | undefined) ?? NO_BODY;
  if (scanned !== undefined) {
    const { value, payloads } = scanned;
    return { value, payloads: () => payloads as readonly string[] };
  }
  if (bytes.length === 0) return undefined;
  const unread = checkMediaType(request);
  if (unread !== undefined) return unread;
  const parsed = parseJson(bytes);
  if ('ok' in parsed) return parsed;
  const { value, text } = parsed;
  return { value, payloads: () => payloadTexts(capability, text) };
}

const NO_BODY: Pick<Body, 'bytes' | 'scanned'> = { bytes: Buffer.alloc(0), scanned: undefined };

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
  payloads: () => readonly string[],
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
    fingerprint: requestFingerprint(path, known, route.texts?.(values, payloads())),
    windowMs: context.idempotencyWindowMs,
  };
}
