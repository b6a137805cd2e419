import { withoutUserInfo } from '../core/fault.js';
import type { Log } from '../core/log.js';

/** Writes Node's warnings to the log; Node would write them to stderr as plain text. */
export function logProcessWarnings(log: Log): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { code?: string }) => {
    const { name, code, message } = warning;
    log.counted('warn', 'node warned', { name, code, cause: withoutUserInfo(message) });
  });
}
