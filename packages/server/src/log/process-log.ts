import { faultOf } from '../core/fault.js';
import { toIso } from '../core/iso-time.js';
import { logForeignOutput } from './foreign-output.js';
import { createLog, type ProcessLog } from './logger.js';
import { logProcessWarnings } from './process-warnings.js';
import { readableLine } from './readable-lines.js';
import { stderrSink } from './stderr-sink.js';

/**
 * Opens the log on stderr: readable lines if that is a terminal, otherwise JSON. Everything that the
 * process writes to stderr later becomes a line of the log.
 *
 * @param colours whether to use colours on a terminal
 * @param readable whether lines are readable elsewhere too
 */
export function openProcessLog(colours: boolean, readable = false): ProcessLog {
  const { stderr } = process;
  const isReadable = stderr.isTTY || readable;
  const shaped = (json: string): string =>
    isReadable ? `${readableLine(json, colours && stderr.isTTY)}\n` : json;
  const write = stderrSink(stderr, (lines, lastAtMs) => shaped(lostLine(lines, lastAtMs)));
  const log = createLog((json) => write(shaped(json)), 'info');
  logForeignOutput(stderr, log);
  logProcessWarnings(log);
  process.on('uncaughtException', (error) => {
    log.tell('error', 'a fault ended the process', faultOf(error));
    process.exit(1);
  });
  process.on('exit', () => log.flush());
  return log;
}

const lostLine = (lines: number, lastAtMs: number): string => {
  const msg = 'lines of the log were lost, because nothing read them';
  return `${JSON.stringify({ level: 'warn', time: toIso(lastAtMs), lines, msg })}\n`;
};
