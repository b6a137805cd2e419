import { monotonicMs, setSystemTimer } from '../core/clock.js';
import { faultOf } from '../core/fault.js';
import type { LogFields } from '../core/log.js';
import type { ProcessLog } from '../log/logger.js';
import { endProcess } from './end-process.js';

/** What a signal stops. */
export interface Stoppable {
  /** What it has to wait for, in words and in numbers. */
  waitsFor(): readonly [words: string, numbers: LogFields];
  stop(): Promise<void>;
}

/** With the exit codes that a shell gives to processes that they end. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

const SAME_SIGNAL_MS = 1_000;
const STOP_WITHIN_MS = 9_000;
const FORCED_AFTER_MS = 500;

/**
 * Stops on the first signal and ends at once on a later one. A terminal signals all its processes, a
 * supervisor may do so too, and npm passes on what it gets itself: one Ctrl-C comes twice. So what
 * comes within a second is the same signal.
 */
export function stopOnSignal(work: Stoppable, log: ProcessLog): void {
  let firstAtMs: number | undefined;
  let isEnding = false;

  const stop = async (signal: StopSignal): Promise<void> => {
    const beganMs = monotonicMs();
    const [words, numbers] = work.waitsFor();
    log.info(
      `stopping on ${signal}, ${words}; another signal, from a second on, ends it at once`,
      numbers,
    );
    setSystemTimer(() => {
      isEnding = true;
      log.tell('error', 'ended, because work under way did not end in time');
      endProcess(1, { signal: 'SIGKILL', afterMs: FORCED_AFTER_MS });
    }, STOP_WITHIN_MS);
    let code = 0;
    try {
      await work.stop();
    } catch (error) {
      log.tell('error', 'could not stop well', faultOf(error));
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
        `ended at once by a second signal, ${signal}; what was under way is cut off`,
      );
      endProcess(EXIT_CODES[signal], { signal, afterMs: FORCED_AFTER_MS });
    }
  };
  for (const signal of Object.keys(EXIT_CODES) as StopSignal[]) process.on(signal, onSignal);
}
