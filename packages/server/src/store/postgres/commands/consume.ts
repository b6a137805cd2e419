import type {
  ConsumeCommand,
  LeasedMessage,
  Outcome,
  OutcomeOf,
} from '../../../core/commands/commands.js';
import { replayOrReuse } from '../../../core/commands/replay.js';
import { CommitGroupShare } from '../../../core/queue/commit-group-share.js';
import { CROWDED, type Leases, leasesFor } from '../../../core/queue/leases.js';
import { storedMessage } from '../../../core/queue/message-fields.js';
import { STATE } from '../../../core/queue/message-state.js';
import { checkHolder } from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import {
  EXPIRED_PER_CONSUME,
  expireMessage,
  isPastRetention,
} from '../../../core/queue/transitions.js';
import type { Refusal } from '../../../core/refusal.js';
import { LEAST_ANSWER_BYTES } from '../../../core/store/answer-size.js';
import { sum } from '../../../core/sum.js';
import { tidsOf } from '../driver/index-joins.js';
import { type CommitGroup, onItsQueue } from '../transaction/commit-group.js';
import { claimMessageGroups } from './ready-messages/claim-groups.js';
import { type Lanes, lockHeads, type ReadyRow } from './ready-messages/lock-heads.js';

interface Lease {
  readonly bucketId: number;
  readonly message: LeasedMessage;
  readonly keyId: string | null;
}

/**
 * All consumes of a commit group: the heads of their queues are locked in one statement and shared out
 * in the order of the commands. A second statement leases them and also reads the payloads.
 */
export async function runConsumes(
  run: CommitGroup,
  commands: readonly ConsumeCommand[],
): Promise<Outcome[]> {
  const { tx } = run;
  const { ready, cutShort, crowded } = await lockFresh(run, commands);
  const leasedAtMs = startOfLeases(run, ready);
  const written: Lease[] = [];
  const outcomes = commands.map((command) =>
    onItsQueue(run, command, (queue): OutcomeOf['consume'] | Refusal => {
      const refusal = checkHolder(queue, command.keyId, (id) => tx.pushPolicy(id));
      if (refusal !== undefined) return refusal;
      const leases = leasesFor(tx, queue, command, leasedAtMs);
      if (leases === undefined) return CROWDED;
      const { bucketId } = queue;
      takeFrom(ready.get(bucketId) ?? [], leases, command.onePerMessageGroup ?? false);
      for (const message of leases.messages) {
        written.push({ bucketId, message, keyId: command.keyId ?? null });
        run.held.set(message.messageId, message);
      }
      return leases.outcome(cutShort.has(bucketId), crowded.has(command));
    }),
  );
  if (written.length > 0) lease(run, written, leasedAtMs);
  announceLeft(run, ready);
  await tx.flushMessages();
  return outcomes;
}

/**
 * Messages that did not fit into the answers were locked, so other consumers have skipped them: they look
 * again once the locks are released.
 */
function announceLeft({ tx }: CommitGroup, ready: ReadonlyMap<number, Lanes>): void {
  for (const [bucketId, lanes] of ready) {
    const left = sum(lanes.map((lane) => lane.length));
    const queue = left === 0 ? undefined : tx.queueByBucket(bucketId);
    if (queue !== undefined) tx.markReady(queue, queue.type === 'fifo' ? lanes.length : left);
  }
}

interface Fresh {
  readonly ready: Map<number, Lanes>;
  /** Buckets with so many messages past their retention that more may follow them. */
  readonly cutShort: ReadonlySet<number>;
  /**
   * Commands for which fewer messages than they want were looked for, since others of their project want
   * as many.
   */
  readonly crowded: ReadonlySet<ConsumeCommand>;
}

/** Locks the available messages, removing those past their retention that come before them. */
async function lockFresh(run: CommitGroup, commands: readonly ConsumeCommand[]): Promise<Fresh> {
  const expired = new Map<number, number>();
  const cutShort = new Set<number>();
  const crowded = new Set<ConsumeCommand>();
  for (;;) {
    const ready = await lockReady(run, commands, cutShort, crowded);
    await run.tx.hearTime();
    const dropped = dropExpired(run, ready);
    if (dropped.size === 0) return { ready, cutShort, crowded };
    for (const [bucketId, count] of dropped) {
      expired.set(bucketId, (expired.get(bucketId) ?? 0) + count);
      if ((expired.get(bucketId) as number) >= EXPIRED_PER_CONSUME) cutShort.add(bucketId);
    }
    await run.tx.flushMessages();
  }
}

/** Locks available messages of each queue that these commands consume from, except queues cut short. */
async function lockReady(
  run: CommitGroup,
  commands: readonly ConsumeCommand[],
  cutShort: ReadonlySet<number>,
  crowded: Set<ConsumeCommand>,
): Promise<Map<number, Lanes>> {
  const wanted = { standard: new Map<number, number[]>(), fifo: new Map<number, number[]>() };
  const locked = new CommitGroupShare();
  for (const command of commands) {
    const { project, queue: name, onePerMessageGroup } = command;
    const queue = run.tx.queue(project, name);
    if (queue !== undefined && cutShort.has(queue.bucketId)) continue;
    // A command that is replayed, or refused because of its key, takes and removes nothing.
    if (queue === undefined || replayOrReuse(run.records, run.lookups, command, queue)) continue;
    // Locks as many as could be taken if all of them exist and are empty.
    const share = locked.leftFor(command);
    if ((share?.maxMessages ?? 0) < command.maxMessages) crowded.add(command);
    if (share === undefined) continue;
    // One more than fit, which shows that there are more.
    const fitting = Math.ceil(share.maxBytes / LEAST_ANSWER_BYTES) + 1;
    const most = Math.min(share.maxMessages, fitting);
    locked.took(command, most, 0);
    const ofType = wanted[queue.type];
    // One message per message group needs as many message groups as messages.
    const limits = onePerMessageGroup ? Array<number>(most).fill(1) : [most];
    ofType.set(queue.bucketId, [...(ofType.get(queue.bucketId) ?? []), ...limits]);
  }
  const ready = await lockHeads(run, wanted.standard);
  for (const [bucketId, limits] of wanted.fifo) {
    ready.set(bucketId, await claimMessageGroups(run.tx, bucketId, limits));
  }
  return ready;
}

/** Removes messages past their retention. @returns how many, for each bucket that had some */
function dropExpired(run: CommitGroup, ready: ReadonlyMap<number, Lanes>): Map<number, number> {
  const { tx } = run;
  const dropped = new Map<number, number>();
  if (!run.isTimeTrusted) return dropped;
  for (const [bucketId, lanes] of ready) {
    const queue = tx.queueByBucket(bucketId) as QueueEntry;
    const expired = lanes.flat().filter((row) => isPastRetention(queue, row, tx.nowMs));
    for (const message of tx.addMessages(expired)) expireMessage(tx, queue, message);
    if (expired.length > 0) dropped.set(bucketId, expired.length);
  }
  return dropped;
}

/**
 * A commit group may have waited for locks since it read the time, and may lock messages that did not
 * exist then: counted from that time, their leases would be shorter by the wait.
 */
function startOfLeases({ tx, timeOf }: CommitGroup, ready: ReadonlyMap<number, Lanes>): number {
  let lockedAtMs = 0;
  for (const lanes of ready.values()) {
    for (const row of lanes.flat()) lockedAtMs = Math.max(lockedAtMs, row.lockedAtMs);
  }
  return lockedAtMs === 0 ? tx.nowMs : Math.max(tx.nowMs, timeOf(lockedAtMs));
}

/** Takes one command's share from the available messages. */
function takeFrom(lanes: Lanes, leases: Leases, onePerMessageGroup: boolean): void {
  let begun: ReadyRow[] | undefined;
  while (leases.wantsMore && lanes.length > 0) {
    const lane = lanes[0] as ReadyRow[];
    const next = lane[0];
    if (next === undefined) {
      lanes.shift();
      continue;
    }
    const { bytes, groupKey, nacks } = next;
    if (leases.take({ message: storedMessage(next), bytes, groupKey, nacks }) === undefined) break;
    lane.shift();
    if (groupKey === null) continue;
    begun = lane;
    if (onePerMessageGroup) lanes.shift();
  }
  // The rest of a message group is blocked by the messages taken from it.
  if (begun !== undefined && lanes[0] === begun) lanes.shift();
}

type Body = Pick<LeasedMessage, 'payload' | 'headers'>;

const LEASES = `(SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $6::text[])
  AS u(bucket_id, message_id, due, receipt, key))`;

const LEASE = `
  UPDATE millrace.messages m SET state = ${STATE.leased}, due_at_ms = u.due, leased_at_ms = $5,
      receipt = u.receipt, leased_by = u.key, lease_end = NULL, delivery_count = m.delivery_count + 1
    FROM ${tidsOf(LEASES)} AS u WHERE m.ctid = u.tid
  RETURNING m.message_id AS "messageId", m.payload, m.headers`;

/**
 * Writes the leases. The answer fills in the bodies of the leased messages: nothing needs them before
 * the commit, so it is not awaited.
 */
function lease({ tx }: CommitGroup, leases: readonly Lease[], leasedAtMs: number): void {
  for (const { message } of leases) tx.noteDue(message.leaseExpiresAtMs);
  const answer = tx.pipeline.query<Body & { messageId: string }>(LEASE, [
    leases.map(({ bucketId }) => bucketId),
    leases.map(({ message }) => message.messageId),
    leases.map(({ message }) => message.leaseExpiresAtMs),
    leases.map(({ message }) => message.receipt),
    leasedAtMs,
    leases.map(({ keyId }) => keyId),
  ]);
  answer.then(
    (rows) => {
      const bodies = new Map(rows.map(({ messageId, ...body }) => [messageId, body]));
      for (const { message } of leases) Object.assign(message, bodies.get(message.messageId));
    },
    // A failure surfaces where the whole pipeline is awaited.
    () => undefined,
  );
}
