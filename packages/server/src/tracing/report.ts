import { DiagLogLevel, diag } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { causeOf } from '../core/fault.js';
import type { Log } from '../core/log.js';

const CAUSE_MAX_CHARS = 500;

/** Writes what OpenTelemetry reports of itself to the log, equal events as one line a minute. */
export function reportTo(log: Log): void {
  const warn = (message: string): void =>
    log.counted(
      'warn',
      'traces may be incomplete',
      {},
      { cause: message.slice(0, CAUSE_MAX_CHARS) },
    );
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  setGlobalErrorHandler((error) =>
    log.counted('warn', 'traces could not be exported', {}, { cause: causeOf(error) }),
  );
}
