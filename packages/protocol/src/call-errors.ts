import { CAPABILITIES, type Capability, type CapabilityName } from './capabilities.js';
import { ERRORS, type ErrorCode } from './errors.js';

/** The errors of a request that matches no call. */
export const ROUTE_ERRORS: readonly ErrorCode[] = ['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED'];

const EVERY_CALL: readonly ErrorCode[] = [
  'INVALID_REQUEST',
  'UNAUTHENTICATED',
  'SCOPE_MISSING',
  'RATE_LIMITED',
  'INTERNAL',
  'STORE_UNAVAILABLE',
];
const CALLS_WITH_A_BODY: readonly ErrorCode[] = [
  'INVALID_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'OVERLOADED',
];
const WRITING_CALLS: readonly ErrorCode[] = [
  'IDEMPOTENCY_KEY_REUSED',
  'OUTCOME_UNKNOWN',
  'STORAGE_FULL',
];

/** Errors that only some calls have. `errorCodesOf` adds QUEUE_NOT_FOUND by a rule of its own. */
const OWN_ERRORS: { readonly [Name in CapabilityName]?: readonly ErrorCode[] } = {
  create: ['QUEUE_EXISTS', 'DEAD_LETTER_QUEUE_NOT_FOUND', 'DEAD_LETTER_CYCLE'],
  update: ['DEAD_LETTER_QUEUE_NOT_FOUND', 'DEAD_LETTER_CYCLE'],
  delete: ['QUEUE_IN_USE'],
  ack: ['LEASE_LOST'],
  nack: ['LEASE_LOST'],
  extend: ['LEASE_LOST'],
  message: ['MESSAGE_NOT_FOUND'],
  pushSubscribe: ['DEAD_LETTER_QUEUE_NOT_FOUND', 'DEAD_LETTER_CYCLE', 'URL_NOT_ALLOWED'],
  pushPause: ['SUBSCRIPTION_NOT_FOUND'],
  pushResume: ['SUBSCRIPTION_NOT_FOUND'],
  pushTest: ['SUBSCRIPTION_NOT_FOUND'],
  pushDeliveries: ['SUBSCRIPTION_NOT_FOUND'],
  revokeKey: ['KEY_NOT_FOUND'],
};

/** True for calls that change something: they take an idempotency key. */
export const isWriting = ({ params }: Capability): boolean =>
  'idempotency_key' in params.properties;

/** The error codes that a call can answer with, in the order of `ERRORS`. */
export function errorCodesOf(name: CapabilityName): ErrorCode[] {
  const capability: Capability = CAPABILITIES[name];
  const possible = new Set<ErrorCode>([...EVERY_CALL, ...(OWN_ERRORS[name] ?? [])]);
  const add = (codes: readonly ErrorCode[]): void => {
    for (const code of codes) possible.add(code);
  };
  if (capability.method !== 'GET') add(CALLS_WITH_A_BODY);
  if (isWriting(capability)) add(WRITING_CALLS);
  // Deleting a queue that does not exist is not an error: the result is the one asked for.
  if ('queue' in capability.params.properties && name !== 'delete') add(['QUEUE_NOT_FOUND']);
  return (Object.keys(ERRORS) as ErrorCode[]).filter((code) => possible.has(code));
}
