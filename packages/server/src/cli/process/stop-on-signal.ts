import { monotonicMs, setSystemTimer } from '../../core/clock.js';
import { faultOf } from '../../core/fault.js';
import type { LogFields } from '../../core/log.js';
import type { ProcessLog } from '../../log/logger.js';
import { endProcess } from './end-process.js';

/** Work that a signal stops. */
export interface Stoppable {
  /** What the stop has to wait for, in words and in numbers. */
  waitsFor(): readonly [words: string, numbers: LogFields];
  stop(): Promise<void>;
}

/** The signals that stop the process, with the exit codes that a shell reports for them. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

const SAME_SIGNAL_MS = 1_000;
const STOP_WITHIN_MS = 9_000;
const FORCED_AFTER_MS = 500;

/**
 * Stops on the first signal and ends at once on a later one. A terminal signals all its processes, a
 * supervisor may do so too, and npm passes on the signals that it gets, so one Ctrl-C arrives twice.
 * For that reason a signal within a second of the first is taken as the same one.
 */
export function stopOnSignal(work: Stoppable, log: ProcessLog): void {
  let firstAtMs: number | undefined;
  let isEnding = false;

  const stop = async (signal: StopSignal): Promise<void> => {
    const beganMs = monotonicMs();
    const [words, numbers] = work.waitsFor();
    log.info(
      `stopping on ${signal}, ${words}; another signal after one second ends the process at once`,
      numbers,
    );
    setSystemTimer(() => {
      isEnding = true;
      log.tell('error', 'the process was ended, because work under way did not finish in time');
      endProcess(1, { signal: 'SIGKILL', afterMs: FORCED_AFTER_MS });
    }, STOP_WITHIN_MS);
    let code = 0;
    try {
      await work.stop();
    } catch (error) {
      log.tell('error', 'the server failed to stop cleanly', faultOf(error));
      code = 1;
    }
    if (isEnding) return;
    isEnding = true;
    log.flush();
    log.info('stopped', { after_ms: Math.round(monotonicMs() - beganMs) });
    endProcess(code);
  };

  const onSignal = (signal: StopSignal): void => {
    const nowMs = monotonicMs();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      void stop(signal);
    } else if (!isEnding && nowMs - firstAtMs >= SAME_SIGNAL_MS) {
      isEnding = true;
      log.tell(
        'warn',
        `the process was ended at once by a second signal, ${signal}; work under way is cut off`,
      );
      endProcess(EXIT_CODES[signal], { signal, afterMs: FORCED_AFTER_MS });
    }
  };
  for (const signal of Object.keys(EXIT_CODES) as StopSignal[]) process.on(signal, onSignal);
}
