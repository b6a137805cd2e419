/** The value of a field in a log line; a field that is undefined is left out. */
export type LogValue = string | number | boolean | null | undefined | readonly string[];

/**
 * The fields next to the message. The names are those of the wire (`request_id`, `queue`,
 * `subscription_id`, `message_id`, `key_id`, `project`), so that one search finds every line about a
 * thing.
 */
export type LogFields = Readonly<Record<string, LogValue>>;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * The port to the log of the process. Anybody who reads logs may see what is passed to it: ids and
 * names, never payloads, secrets, idempotency keys or a caller's free text.
 */
export interface Log {
  /** Whether each request gets a line; asked once, so that requests without a line cost nothing. */
  readonly tellsRequests: boolean;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /**
   * For events that may happen often: the first of several equal ones is logged at once, later ones are
   * counted and logged at most once a minute.
   *
   * @param same the fields that make two events with the same message equal
   * @param latest further fields, of the last event only
   * @param count how many events to count at once
   */
  counted(
    level: LogLevel,
    message: string,
    same: LogFields,
    latest?: LogFields,
    count?: number,
  ): void;
}

const nothing = (): void => undefined;

/** For parts that are started without a log, as in tests. */
export const NO_LOG: Log = {
  tellsRequests: false,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  counted: nothing,
};
