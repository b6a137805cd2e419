import { type Clock, monotonicClock } from '../core/clock.js';
import { toIso } from '../core/iso-time.js';
import type { LogFields, LogLevel } from '../core/log.js';

/** The time between two lines of the same kind. */
const BETWEEN_LINES_MS = 60_000;
/** How many kinds of one message are counted apart; callers choose names, so there may be any number. */
const KINDS_OF_MESSAGE_MAX = 100;

type WriteLine = (level: LogLevel, message: string, fields: LogFields) => void;

/** Lines of one kind: with the same message and the same `same` fields. */
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
 * Counts repeated lines. The first line of a kind is written at once. Those that follow within a
 * minute are counted and make one more line at the end of that minute, with their number
 * (`repeated`). A kind that does not occur for a minute is forgotten. Messages are our own and few;
 * beyond a hundred kinds of one message the rest are counted together, so that callers cannot make
 * this map or the log grow by their choice of names or addresses.
 */
export class RepeatedLines {
  /** By message and `same` fields; the kind whose last line is oldest comes first. */
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

  /** Writes the counts that have no line yet, and forgets all kinds. */
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
    this.cancelTimer = this.clock.setTimer(() => this.writeCounts(), delayMs);
  }

  private writeCounts(): void {
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

/** Marks a line for kinds that are not counted apart; its other fields are those of the latest one. */
const OTHERS: LogFields = { others: true };
