/** What a field of a line may hold; one that is undefined is left out. */
export type LogValue = string | number | boolean | null | undefined | readonly string[];

/**
 * What stands beside the message. The names are those of the wire (`request_id`, `queue`,
 * `subscription_id`, `message_id`, `key_id`, `project`), so that one search finds all of a thing.
 */
export type LogFields = Readonly<Record<string, LogValue>>;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * The port to the log of the process. What is handed to it may be read by anybody who reads logs:
 * ids and names, never payloads, secrets, idempotency keys or what a caller writes freely.
 */
export interface Log {
  /** Whether there is a line for each request; asked once, so that without them they cost nothing. */
  readonly tellsRequests: boolean;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /**
   * Something that may happen often: the first of equal ones is a line at once, later ones are
   * counted and make one line a minute at most.
   *
   * @param same what makes two of a message equal
   * @param latest of the last one
   * @param count so many at once
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

/** For those who are started without one, as tests do. */
export const NO_LOG: Log = {
  tellsRequests: false,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  counted: nothing,
};
