import { pino } from 'pino';
import { type Clock, wallMs } from '../core/clock.js';
import { toIso } from '../core/iso-time.js';
import type { Log, LogFields, LogLevel } from '../core/log.js';
import { printable } from './printable.js';
import { RepeatedLines } from './repeated-lines.js';

/** Writes lines, each with its line feed. */
export type WriteText = (text: string) => void;

/** The log of the process, with the methods for the code that starts and ends the process. */
export interface ProcessLog extends Log {
  /** Sets the level of later lines. At `silent`, only lines of `tell` are written. */
  setLevel(level: string): void;
  /** Writes a line at any level setting: why a start failed, or the first key. */
  tell(level: LogLevel, message: string, fields?: LogFields): void;
  /** Writes the counts that have no line yet. */
  flush(): void;
}

/** One JSON object for each line: `level`, `time`, `msg`, and the fields. */
export function createLog(write: WriteText, level: string, clock?: Clock): ProcessLog {
  const stream = { write: (line: string) => write(`${printable(line.slice(0, -1))}\n`) };
  const lines = pino({ ...SHAPE, level }, stream);
  const always = pino({ ...SHAPE, level: 'trace' }, stream);
  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (lines.isLevelEnabled(level)) lines[level]({ msg: message, ...fields });
    };
  const repeated = new RepeatedLines((level, message, fields) => at(level)(message, fields), clock);
  return {
    get tellsRequests() {
      return lines.isLevelEnabled('debug');
    },
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    counted(level, message, same, latest = {}, count = 1) {
      if (lines.isLevelEnabled(level)) repeated.add(level, message, same, latest, count);
    },
    setLevel(level) {
      lines.level = level;
    },
    tell: (level, message, fields) => always[level]({ msg: message, ...fields }),
    flush: () => repeated.flush(),
  };
}

const SHAPE = {
  base: null,
  timestamp: () => `,"time":"${toIso(wallMs())}"`,
  formatters: { level: (label: string) => ({ level: label }) },
};
