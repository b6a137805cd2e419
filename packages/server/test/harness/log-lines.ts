import type { Log, LogFields, LogLevel } from '#server/core/log';

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines; repeated lines are kept one by one. */
export function keepLines(): { readonly log: Log; readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const log: Log = {
    tellsRequests: true,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    counted: (level, message, same, latest = {}, count = 1) =>
      at(level)(message, { ...same, ...latest, ...(count > 1 && { repeated: count }) }),
  };
  return { log, lines };
}
