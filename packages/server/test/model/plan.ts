import type { CapabilityId } from '@millrace/protocol';
import type { Command, DeliveryRef, LeasedMessage } from '#server/core/commands/commands';
import type { Idempotency } from '#server/core/commands/queue-command';
import type { QueueSettings } from '#server/core/queue/queue-entry';
import { FakeClock } from '../harness/fake-clock.js';
import {
  type Advance,
  type DeadLetterChoice,
  type KeyUse,
  type Place,
  PROJECTS_PER_RUN,
  type Program,
  QUEUE_NAMES,
  type Reference,
  type Settings,
  type Step,
} from './commands.js';
import { messageIdOf } from './message-ids.js';
import { findQueue } from './store/model-state.js';
import { ModelStore } from './store/model-store.js';

/** Commands in their commit groups, with every reference resolved: the same for every store. */
export interface Plan {
  readonly run: string;
  readonly startMs: number;
  readonly projects: readonly string[];
  readonly groups: readonly PlannedGroup[];
}

export interface PlannedGroup {
  readonly advanceMs: number;
  readonly commands: readonly Command[];
}

interface Delivery extends Place, DeliveryRef {}

/**
 * Makes a plan of a program. A separate model runs ahead, one command at a time, to resolve references
 * and to know when leases and delays are due.
 */
export function planOf(program: Program, run: string, startMs: number): Plan {
  const planner = new Planner(run, startMs);
  const groups = program.map(({ advance, steps }) => {
    const advanceMs = planner.advance(
      advance.kind === 'by' ? advance.durationMs : 0,
      advance.kind === 'by' || advance.kind === 'none' ? undefined : advance,
    );
    return { advanceMs, commands: steps.map((step) => planner.resolve(step)) };
  });
  return { run, startMs, projects: planner.projects, groups };
}

class Planner {
  readonly projects: readonly string[];
  private readonly clock: FakeClock;
  private readonly scout: ModelStore;
  private readonly deliveries: Delivery[] = [];
  private readonly published: Delivery[] = [];
  private readonly keyIds: string[] = [];
  private readonly jobIds: string[] = [];
  private messages = 0;
  private consumes = 0;

  constructor(
    private readonly run: string,
    private readonly startMs: number,
  ) {
    this.projects = Array.from({ length: PROJECTS_PER_RUN }, (_, index) => `${run}.${index}`);
    this.clock = new FakeClock(startMs);
    this.scout = new ModelStore(this.clock);
  }

  advance(byMs: number, to?: Extract<Advance, { index: number }>): number {
    let durationMs = byMs;
    const { scout } = this;
    const ends = {
      'to due': () => scout.dueTimes(),
      'to retention': () => scout.retentionTimes(),
      'to window': () => scout.windowEnds(),
    };
    const times = to === undefined ? [] : [...new Set(ends[to.kind]())];
    if (to !== undefined && times.length > 0) {
      const atMs = times[to.index % times.length] as number;
      durationMs = Math.max(0, atMs + to.besideMs - this.clock.nowMs());
    }
    this.clock.advance(durationMs);
    return durationMs;
  }

  resolve(step: Step): Command {
    const command = this.commandOf(step);
    const [outcome] = this.scout.applyNow([command]);
    if (outcome?.ok && 'messages' in outcome && step.kind === 'consume') {
      for (const { messageId, receipt } of outcome.messages as LeasedMessage[]) {
        this.deliveries.push({ ...step.place, messageId, receipt });
      }
    }
    return command;
  }

  private commandOf(step: Step): Command {
    switch (step.kind) {
      case 'createQueue':
        return {
          kind: step.kind,
          ...this.target(step.place, 'queue.create', step.use),
          settings: settingsOf(step.settings),
        };
      case 'publish': {
        const allowed =
          step.forbidden || !this.isFifo(step.place) ? {} : { delayMs: 0, priority: 0 };
        const messages = step.messages.map((message) => {
          const messageId = this.nextId();
          this.published.push({ ...step.place, messageId, receipt: null });
          return { messageId, headers: null, ...message, ...allowed };
        });
        const batch = step.batch || messages.length !== 1;
        const capability = batch ? 'queue.publish_batch' : 'queue.publish';
        return {
          kind: step.kind,
          ...this.target(step.place, capability, step.use),
          batch,
          autoCreate: autoCreates(step.place),
          messages,
        };
      }
      case 'consume': {
        const { kind, place, use, keyId, ...wanted } = step;
        this.consumes += 1;
        const receiptPrefix = `${this.run}-${this.consumes}`;
        return {
          kind,
          ...this.target(place, 'queue.consume', use),
          ...wanted,
          autoCreate: autoCreates(place),
          receiptPrefix,
          ...(keyId === undefined ? {} : { keyId }),
        };
      }
      case 'ack':
      case 'nack': {
        const { kind, batch, use } = step;
        const found = step.entries.map((entry) => this.find(entry));
        const where = step.elsewhere ?? found[0] ?? { project: 0, queue: 2 };
        const capability = (batch ? `queue.${kind}_batch` : `queue.${kind}`) as CapabilityId;
        const entries = found.map(({ messageId, receipt }, index) => {
          const entry = step.entries[index] as (typeof step.entries)[number];
          return { messageId, receipt, ...('how' in entry ? entry.how : {}) };
        });
        const by = 'keyId' in step ? { keyId: step.keyId } : {};
        return { kind, ...this.target(where, capability, use), batch, entries, ...by } as Command;
      }
      case 'extend': {
        const found = this.find(step.entry);
        return {
          kind: step.kind,
          ...this.target(step.elsewhere ?? found, 'queue.extend', step.use),
          messageId: found.messageId,
          receipt: found.receipt,
          visibilityTimeoutMs: step.visibilityTimeoutMs,
        };
      }
      case 'updateQueue': {
        const { deadLetterQueue, maxExpiredLeases } = step.settings;
        return {
          kind: step.kind,
          ...this.target(step.place, 'queue.update', step.use),
          settings: {
            ...settingsOf(step.settings),
            // Null has an effect here: it removes the dead-letter queue, or lets the budget follow the
            // retries again.
            ...(deadLetterQueue === null ? { deadLetterQueue } : {}),
            ...(maxExpiredLeases === null ? { maxExpiredLeases } : {}),
          },
        };
      }
      case 'purgeQueue':
        return { kind: step.kind, ...this.target(step.place, 'queue.purge', step.use) };
      case 'deleteQueue': {
        // The path of the request is part of its fingerprint, and its only field.
        const name = QUEUE_NAMES[step.place.queue] as string;
        const use = step.use && { ...step.use, fingerprint: 0 };
        const target = this.target(step.place, 'queue.delete', use);
        const { idempotency } = target;
        return {
          kind: step.kind,
          ...target,
          idempotency: idempotency && {
            ...idempotency,
            key: `${idempotency.key} for ${name}`,
            fingerprint: name,
          },
        };
      }
      case 'deadLetterJob':
        return this.deadLetterJob(step);
      case 'stepJob':
        return { kind: step.kind, jobId: this.jobIds.at(-1 - step.index) ?? this.nextId() };
      case 'expire':
        return { kind: step.kind, afterQueueId: 0, limit: 10_000 };
      case 'settleDue':
      case 'sweepDiscarded':
        return { kind: step.kind, limit: 100 };
      case 'createKey': {
        const keyId = this.nextId();
        this.keyIds.push(keyId);
        const project = this.projects[step.project] as string;
        return {
          kind: step.kind,
          project,
          key: {
            keyId,
            name: null,
            project,
            scopes: ['publish', 'read'],
            secretHash: `hash of ${keyId}`,
            expiresAtMs: null,
          },
          sealedSecret: 'sealed',
          onlyIfNone: false,
          idempotency: this.idempotency('account.keys.create', step.use),
        };
      }
      case 'revokeKey':
        return {
          kind: step.kind,
          project: this.projects[step.project] as string,
          keyId: this.keyIds[step.index % this.keyIds.length] ?? 'no such key',
          idempotency: this.idempotency('account.keys.revoke', step.use),
        };
    }
  }

  private deadLetterJob({ choice, ...step }: Extract<Step, { kind: 'deadLetterJob' }>): Command {
    const { messageId = null, sinceMs = null, place = step.place } = this.choose(choice);
    const jobId = this.nextId();
    this.jobIds.push(jobId);
    return {
      kind: step.kind,
      ...this.target(
        place,
        step.action === 'purge' ? 'queue.dlq.purge' : 'queue.dlq.redrive',
        step.use,
      ),
      action: step.action,
      jobId,
      messageId,
      sinceMs,
      maxMessages: step.maxMessages,
    };
  }

  private choose(choice: DeadLetterChoice): {
    messageId?: string;
    sinceMs?: number;
    place?: Place;
  } {
    if (choice.of === 'all') return {};
    if (choice.of === 'any message') {
      const message = this.published[choice.index % this.published.length];
      return message === undefined ? {} : { messageId: message.messageId };
    }
    const dead = this.scout.state.messages.filter(({ source }) => source !== null);
    const letter = dead[choice.index % dead.length];
    if (letter === undefined) return { messageId: this.nextId() };
    const { messageId, source, deadLetteredAtMs } = letter;
    const place = {
      project: this.projects.indexOf(source?.project as string),
      queue: (QUEUE_NAMES as readonly string[]).indexOf(source?.name as string),
    };
    if (choice.of === 'one') return { messageId, place };
    return { sinceMs: (deadLetteredAtMs as number) + choice.besideMs, place };
  }

  private find({ of, index, receipt }: Reference): Delivery {
    const list = of === 'published' ? this.published : this.deliveries;
    const at = of === 'recent delivery' ? list.length - 1 - (index % 4) : index % list.length;
    const found = of === 'unknown' ? undefined : list[at];
    if (found === undefined) {
      const messageId = index % 2 === 0 ? this.nextId() : 'no-id-of-ours';
      const given = receipt === 'none' ? null : `${this.run}-unknown`;
      return { project: 0, queue: 2, messageId, receipt: given };
    }
    if (receipt === 'given') return found;
    return { ...found, receipt: receipt === 'none' ? null : `${this.run}-garbage` };
  }

  private isFifo({ project, queue }: Place): boolean {
    const row = findQueue(
      this.scout.state,
      this.projects[project] as string,
      QUEUE_NAMES[queue] as string,
    );
    return row?.type === 'fifo';
  }

  private target({ project, queue }: Place, capability: string, use: KeyUse | null) {
    return {
      project: this.projects[project] as string,
      queue: QUEUE_NAMES[queue] as string,
      idempotency: this.idempotency(capability, use),
    };
  }

  private idempotency(capability: string, use: KeyUse | null): Idempotency | null {
    if (use === null) return null;
    return {
      capability: capability as CapabilityId,
      key: `key ${use.key}`,
      fingerprint: `fingerprint ${use.fingerprint}`,
      windowMs: use.windowMs,
    };
  }

  private nextId(): string {
    this.messages += 1;
    return messageIdOf(this.startMs, this.messages);
  }
}

/** Null has the same effect as an absent setting. */
function settingsOf(settings: Partial<Settings>): Partial<QueueSettings> {
  const { deadLetterQueue = null, maxExpiredLeases = null, ...others } = settings;
  return {
    ...others,
    ...(maxExpiredLeases === null ? {} : { maxExpiredLeases }),
    ...(deadLetterQueue === null
      ? {}
      : { deadLetterQueue: QUEUE_NAMES[deadLetterQueue] ?? 'missing' }),
  };
}

/** A setting of a server, so that no queue is used with both values. */
const autoCreates = ({ queue }: Place): boolean => queue % 2 === 0;
