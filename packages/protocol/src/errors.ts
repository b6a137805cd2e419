/**
 * The closed list of error codes, each with its HTTP status. `retryAfterSeconds` is set for errors
 * after which the same request is worth another try.
 */
export const ERRORS = {
  INVALID_JSON: { status: 400, title: 'The body is not valid JSON in UTF-8.' },
  INVALID_REQUEST: { status: 400, title: 'A field is missing, malformed or out of bounds.' },
  UNAUTHENTICATED: {
    status: 401,
    title: 'The API key is missing, malformed, unknown, expired or revoked.',
  },
  SCOPE_MISSING: { status: 403, title: 'The API key lacks the scope that this call needs.' },
  QUEUE_NOT_FOUND: { status: 404, title: 'The project has no queue with that name.' },
  MESSAGE_NOT_FOUND: { status: 404, title: 'The queue has no message with that id.' },
  SUBSCRIPTION_NOT_FOUND: {
    status: 404,
    title: 'The queue has no push subscription with that id.',
  },
  KEY_NOT_FOUND: { status: 404, title: 'There is no API key with that id.' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no such route.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route exists, but not with this method.' },
  QUEUE_EXISTS: { status: 409, title: 'The queue exists with another value of a given setting.' },
  QUEUE_IN_USE: { status: 409, title: 'The queue is the dead-letter queue of another queue.' },
  LEASE_LOST: { status: 409, title: 'The receipt names a delivery that has ended.' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    title: 'The idempotency key was already used for another request.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body or a payload is over its limit.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is not plain, uncompressed JSON.' },
  DEAD_LETTER_QUEUE_NOT_FOUND: { status: 422, title: 'The dead-letter queue does not exist.' },
  DEAD_LETTER_CYCLE: { status: 422, title: 'The dead-letter queues would form a cycle.' },
  URL_NOT_ALLOWED: { status: 422, title: 'Pushes to that url are not allowed.' },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests with this key, or without a valid key.',
    retryAfterSeconds: 1,
  },
  INTERNAL: { status: 500, title: 'The server failed; the cause is not shown here.' },
  STORE_UNAVAILABLE: {
    status: 503,
    title: 'The store cannot be reached; nothing was done.',
    retryAfterSeconds: 1,
  },
  OVERLOADED: {
    status: 503,
    title: 'The server is at its limit of work; nothing was done.',
    retryAfterSeconds: 1,
  },
  OUTCOME_UNKNOWN: {
    status: 503,
    title: "The commit's answer was lost; retry with the same idempotency key.",
    retryAfterSeconds: 1,
  },
  STORAGE_FULL: { status: 507, title: 'Storage is full: publishing stops, settling continues.' },
} as const satisfies Record<string, ErrorEntry>;

export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly retryAfterSeconds?: number;
}

export type ErrorCode = keyof typeof ERRORS;

export const errorEntry = (code: ErrorCode): ErrorEntry => ERRORS[code];

/** One fault of a request: a JSON pointer to the field, and the rule that the field breaks. */
export interface ErrorDetail {
  readonly path: string;
  readonly message: string;
}

/** The `error` member of a failed answer. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details?: readonly ErrorDetail[];
}
