import { uptime } from 'node:os';

/**
 * Time as the rest of the server sees it. Nothing outside this file reads the wall clock or sets a
 * timer directly, so that a test can control both.
 */
export interface Clock {
  /** Epoch milliseconds, never going backwards. */
  nowMs(): number;
  /** What this machine's clock says, which may jump: only for times that others compare with theirs. */
  wallMs(): number;
  /** Milliseconds of a clock that nobody can set, for measuring durations. */
  monotonicMs(): number;
  /** Calls back once, no earlier than after `delayMs`; returns a function that cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** Node clamps longer timers to 1 ms, which would turn a week's delay into a busy loop. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * A clock that starts at an anchor and advances with the monotonic clock. The anchor is the later of the
 * wall time and `earliestMs`, the last time that the store has persisted. A jump of the wall clock,
 * forwards or backwards, therefore ends no lease early and repeats no id.
 */
export function monotonicClock(earliestMs = 0): Clock {
  const anchorMs = Math.max(Date.now(), earliestMs);
  const startMs = performance.now();
  return {
    nowMs: () => anchorMs + Math.floor(performance.now() - startMs),
    wallMs,
    monotonicMs,
    setTimer: setSystemTimer,
  };
}

export const wallMs = (): number => Date.now();

export function setSystemTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), TIMER_MAX_MS));
  return () => clearTimeout(timer);
}

/** Milliseconds of the monotonic clock, for measuring durations only. */
export const monotonicMs = (): number => performance.now();

/**
 * How long this machine was suspended, as far as it knows: its uptime goes on during a suspension, the
 * monotonic clock does not. Only differences of this value mean anything.
 */
export const suspendedMs = (): number => uptime() * 1_000 - performance.now();
