import type { CapabilityId, ErrorCode } from '@millrace/protocol';
import { LIMITS } from '@millrace/protocol/limits';
import type { Clock } from '../clock.js';
import type { AuditEntry } from '../commands/audit-entry.js';
import type { Accepted, Command } from '../commands/commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';

const FLUSH_AFTER_MS = 5_000;
const EQUAL_WITHIN_MS = 60_000;
/** A command with more entries would keep others waiting. */
const ENTRIES_PER_COMMAND = 200;

/** What is known about a request that was refused. */
export interface RefusedRequest {
  readonly action: CapabilityId;
  readonly code: ErrorCode;
  readonly keyId: string | null;
  readonly project: string | null;
  readonly target: string | null;
  readonly address: string;
  readonly requestId: string;
}

/**
 * The audit log of this node. An accepted call is written by its own command. Refusals have no command:
 * they are gathered here and written now and then. A flood of refusals is bounded in memory and in the
 * store, and does not displace entries of accepted calls.
 */
export class AuditTrail {
  /** Refusals of the last minute by the fields that make them equal, the oldest first. */
  private readonly refusals = new Map<string, AuditEntry>();
  private readonly unwritten = new Set<string>();
  private hasGrown = false;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    /** Called with each entry, and with every single refusal. */
    private readonly log: (entry: AuditEntry) => void,
  ) {}

  /** Wraps the commits, so that the entries that they write are logged here. */
  watch(commit: GroupCommit): GroupCommit {
    return {
      submit: (command, access) => {
        const pending = commit.submit(command, access);
        if (!('audit' in command) || command.audit === undefined) return pending;
        return pending.then((outcome) => {
          const entry = outcome.ok && (outcome as Accepted<Command['kind']>).audited;
          if (entry) this.done(entry);
          return outcome;
        });
      },
      messagesPublished: () => commit.messagesPublished(),
      stop: () => commit.stop(),
    };
  }

  refused(request: RefusedRequest): void {
    const { action, code, keyId, address } = request;
    const key = `${action}\n${code}\n${keyId}\n${address}`;
    const nowMs = this.clock.nowMs();
    const entry = { ...request, atMs: nowMs, refused: true, count: 1 };
    this.log(entry);
    const known = this.refusals.get(key);
    if (known !== undefined && nowMs - known.atMs < EQUAL_WITHIN_MS) {
      this.refusals.set(key, { ...known, count: known.count + 1 });
    } else {
      this.refusals.delete(key);
      this.refusals.set(key, entry);
      // Checking against twice the number keeps this from happening with each refusal.
      if (this.refusals.size > 2 * LIMITS.auditRefusedKept)
        this.forgetFirst(LIMITS.auditRefusedKept);
    }
    this.unwritten.add(key);
    this.flushLater();
  }

  /** Writes the refusals, and removes entries beyond the bounds of the log. */
  async flush(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (this.unwritten.size === 0 && !this.hasGrown) return;
    this.hasGrown = false;
    for (;;) {
      const keys = [...this.unwritten].slice(0, ENTRIES_PER_COMMAND);
      for (const key of keys) this.unwritten.delete(key);
      const auditEntries = keys.flatMap((key) => this.refusals.get(key) ?? []);
      const outcome = await this.commit.submit({ kind: 'recordAudit', auditEntries });
      if (!outcome.ok) return this.flushAgain(keys);
      if (this.unwritten.size === 0 && !outcome.more) break;
    }
    this.forgetOld();
  }

  async stop(): Promise<void> {
    await this.flush();
    this.cancelTimer?.();
  }

  /** The store was unreachable: the refusals are kept and written later. */
  private flushAgain(keys: readonly string[]): void {
    for (const key of keys) if (this.refusals.has(key)) this.unwritten.add(key);
    this.hasGrown = true;
    this.flushLater();
  }

  private done(entry: AuditEntry): void {
    this.log(entry);
    this.hasGrown = true;
    this.flushLater();
  }

  private flushLater(): void {
    this.cancelTimer ??= this.clock.setTimer(() => void this.flush(), FLUSH_AFTER_MS);
  }

  private forgetOld(): void {
    const beforeMs = this.clock.nowMs() - EQUAL_WITHIN_MS;
    for (const [key, { atMs }] of this.refusals) {
      if (atMs > beforeMs) return;
      if (!this.unwritten.has(key)) this.forget(key);
    }
  }

  private forget(key: string): void {
    this.refusals.delete(key);
    this.unwritten.delete(key);
  }

  private forgetFirst(count: number): void {
    for (const key of [...this.refusals.keys()].slice(0, count)) this.forget(key);
  }
}
