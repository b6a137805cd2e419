import { uptime } from 'node:os';

/**
 * Time as the rest of the server sees it. Nothing outside this file reads the wall clock or sets a
 * bare timer, so that a test can own both.
 */
export interface Clock {
  /** Epoch milliseconds, never going backwards. */
  nowMs(): number;
  /** What this machine's clock says, which may jump: only for what others compare with theirs. */
  wallMs(): number;
  /** What durations are measured by: nothing sets it. */
  monotonicMs(): number;
  /** Calls back once, no earlier than after `delayMs`; returns the way to call it off. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** Node clamps longer timers to 1 ms, which would turn a week's delay into a busy loop. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * A clock that runs on the monotonic clock from an anchor: the later of the wall time and
 * `earliestMs`, the last time that the store has persisted. A jump of the wall clock, forwards or
 * backwards, therefore ends no lease early and brings no id twice.
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
 * How long this machine was suspended, as far as it knows: the monotonic clock stands still meanwhile,
 * and its uptime does not. Only differences mean anything.
 */
export const suspendedMs = (): number => uptime() * 1_000 - performance.now();
