import { type Clock, monotonicClock } from '../core/clock.js';
import { toIso } from '../core/iso-time.js';
import type { LogFields, LogLevel } from '../core/log.js';

/** Between two lines of the same. */
const BETWEEN_LINES_MS = 60_000;
/** Of one message so many kinds are told apart at once; callers choose names, and have any number. */
const KINDS_OF_MESSAGE_MAX = 100;

type WriteLine = (level: LogLevel, message: string, fields: LogFields) => void;

/** What is known of lines that are the same. */
interface Repeated {
  readonly level: LogLevel;
  readonly message: string;
  readonly same: LogFields;
  latest: LogFields;
  /** Since the last line. */
  count: number;
  lastAt: string;
  readonly lineAtMs: number;
}

/**
 * Counts what repeats itself. The first is a line at once; what comes within a minute after a line
 * makes one more at its end, which says how many it stands for (`repeated`). What stays away for a
 * minute is forgotten. Messages are ours and few; beyond a hundred kinds of one of them, the rest is
 * counted together, so that no caller can make this grow, or the log, by names or addresses.
 */
export class RepeatedLines {
  /** By what makes them the same; the one whose last line is oldest comes first. */
  private readonly entries = new Map<string, Repeated>();
  private readonly kindsOfMessage = new Map<string, number>();
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly write: WriteLine,
    private readonly clock: Clock = monotonicClock(),
  ) {}

  add(level: LogLevel, message: string, same: LogFields, latest: LogFields, count: number): void {
    const key = `${message}\n${JSON.stringify(same)}`;
    const isFolded =
      !this.entries.has(key) && (this.kindsOfMessage.get(message) ?? 0) >= KINDS_OF_MESSAGE_MAX;
    if (isFolded) this.addTo(message, level, message, OTHERS, { ...same, ...latest }, count);
    else this.addTo(key, level, message, same, latest, count);
  }

  /** Writes what is counted and not written yet, and forgets all. */
  flush(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    for (const entry of this.entries.values()) this.writeCount(entry);
    this.entries.clear();
    this.kindsOfMessage.clear();
  }

  private addTo(
    key: string,
    level: LogLevel,
    message: string,
    same: LogFields,
    latest: LogFields,
    count: number,
  ): void {
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.latest = latest;
      known.count += count;
      known.lastAt = toIso(this.clock.wallMs());
      return;
    }
    this.write(level, message, { ...same, ...latest, ...(count > 1 && { repeated: count }) });
    this.kindsOfMessage.set(message, (this.kindsOfMessage.get(message) ?? 0) + 1);
    const lineAtMs = this.clock.monotonicMs();
    this.entries.set(key, { level, message, same, latest, count: 0, lastAt: '', lineAtMs });
    this.wakeLater();
  }

  private wakeLater(): void {
    const [oldest] = this.entries.values();
    if (oldest === undefined || this.cancelTimer !== undefined) return;
    const delayMs = oldest.lineAtMs + BETWEEN_LINES_MS - this.clock.monotonicMs();
    this.cancelTimer = this.clock.setTimer(() => this.look(), delayMs);
  }

  private look(): void {
    this.cancelTimer = undefined;
    const nowMs = this.clock.monotonicMs();
    for (const [key, entry] of this.entries) {
      if (entry.lineAtMs + BETWEEN_LINES_MS > nowMs) break;
      this.entries.delete(key);
      if (entry.count > 0) {
        this.writeCount(entry);
        this.entries.set(key, { ...entry, count: 0, lineAtMs: nowMs });
      } else {
        this.forgetKind(entry.message);
      }
    }
    this.wakeLater();
  }

  private writeCount({ level, message, same, latest, count, lastAt }: Repeated): void {
    if (count === 0) return;
    this.write(level, message, { ...same, ...latest, repeated: count, last_at: lastAt });
  }

  private forgetKind(message: string): void {
    const kinds = (this.kindsOfMessage.get(message) ?? 1) - 1;
    if (kinds === 0) this.kindsOfMessage.delete(message);
    else this.kindsOfMessage.set(message, kinds);
  }
}

/** It stands for kinds that are not told apart; the fields are those of the last one. */
const OTHERS: LogFields = { others: true };
