import type { FastifyBaseLogger } from 'fastify';
import { causeOf } from '../core/fault.js';
import type { Log } from '../core/log.js';

type Line = (about: unknown, message?: unknown) => void;

/**
 * The log in the form that Fastify needs. Fastify passes whole requests and errors; only the cause of
 * an error is logged. All requests share one logger, because a child for each would cost time.
 */
export function frameworkLog(log: Log): FastifyBaseLogger {
  const at =
    (write: Log['warn']): Line =>
    (about, message) => {
      const { err = about } = (about ?? {}) as { err?: unknown };
      const cause = err instanceof Error ? causeOf(err) : undefined;
      const text = [message, about].find((given) => typeof given === 'string');
      write(`http: ${text ?? 'Fastify logged an event'}`, { cause });
    };
  // Fastify's lines up to `info` are no events of the server, so they are logged as `trace`.
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
