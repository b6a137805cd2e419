/** What the exit code says of a verb that failed. `check` has the codes of monitoring plugins instead. */
export const EXIT = {
  ok: 0,
  failure: 1,
  wrongUse: 2,
  notReachable: 3,
  notAllowed: 4,
  notFound: 5,
  conflict: 6,
  tryLater: 7,
  /** As Ctrl-C at the question. */
  declined: 130,
} as const;

export const EXIT_CODES_HELP = `Exit codes:
  0  done
  1  failed for another reason
  2  wrong use: an argument, a missing confirmation, or a field that the server refuses
  3  the server cannot be reached, or its store, or something else answers at its address
  4  the API key is missing, wrong, or lacks a scope
  5  there is no such queue, message, subscription or key
  6  conflict: other settings, a lost lease, a queue in use
  7  too many requests or no room; try again later
  129, 130, 143 a signal (SIGHUP, Ctrl-C, SIGTERM) ended it, or, with 130, the answer no`;

/** Refusals whose status alone would put them elsewhere. */
const BY_CODE: Readonly<Record<string, number>> = {
  INVALID_OPTION: EXIT.wrongUse,
  INVALID_PAYLOAD: EXIT.wrongUse,
  NETWORK_ERROR: EXIT.notReachable,
  TIMEOUT: EXIT.notReachable,
  UNEXPECTED_ANSWER: EXIT.notReachable,
  ROUTE_NOT_FOUND: EXIT.notReachable,
  STORE_UNAVAILABLE: EXIT.notReachable,
  DEAD_LETTER_QUEUE_NOT_FOUND: EXIT.notFound,
};

const BY_STATUS: Readonly<Record<number, number>> = {
  400: EXIT.wrongUse,
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  409: EXIT.conflict,
  413: EXIT.wrongUse,
  415: EXIT.wrongUse,
  422: EXIT.wrongUse,
  429: EXIT.tryLater,
  503: EXIT.tryLater,
  507: EXIT.tryLater,
};

/** The exit code for a failed call. */
export const exitCodeOf = (code: string, status: number | undefined): number =>
  BY_CODE[code] ?? BY_STATUS[status ?? 0] ?? EXIT.failure;
