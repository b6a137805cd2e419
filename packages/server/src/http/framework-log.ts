import type { FastifyBaseLogger } from 'fastify';
import { causeOf } from '../core/fault.js';
import type { Log } from '../core/log.js';

type Line = (about: unknown, message?: unknown) => void;

/**
 * The log as Fastify wants one. It hands over whole requests and errors, of which only the cause is
 * taken. There is one logger for all requests: a child for each would cost each of them.
 */
export function frameworkLog(log: Log): FastifyBaseLogger {
  const at =
    (write: Log['warn']): Line =>
    (about, message) => {
      const { err = about } = (about ?? {}) as { err?: unknown };
      const cause = err instanceof Error ? causeOf(err) : undefined;
      const text = [message, about].find((given) => typeof given === 'string');
      write(`http: ${text ?? 'something happened'}`, { cause });
    };
  // What it tells in good order is no event of the server's.
  const quiet = at(log.trace);
  const logger = {
    level: 'trace',
    silent: () => undefined,
    trace: quiet,
    debug: quiet,
    info: quiet,
    warn: at((message, fields) => log.counted('warn', message, fields ?? {})),
    error: at((message, fields) => log.counted('error', message, fields ?? {})),
    fatal: at((message, fields) => log.error(message, fields)),
    child: () => logger,
  };
  return logger as unknown as FastifyBaseLogger;
}
