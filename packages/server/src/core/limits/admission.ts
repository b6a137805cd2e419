import type { ConsumeCommand, NewMessage, PublishCommand } from '../commands/commands.js';
import type { SubscribePushCommand } from '../commands/push-commands.js';
import { bytesOf } from '../queue/message-bytes.js';
import { checkDeadLetterQueue, type ReachableFrom } from '../queue/queue-settings.js';
import type { Refusal } from '../refusal.js';
import { sum } from '../sum.js';
import { checkRecordRoom, expectedRecordBytes } from './record-room.js';
import {
  checkQuota,
  checkStorage,
  diskIsLow,
  limitsProjects,
  limitsQueues,
  type Room,
  type Usage,
} from './storage-limits.js';

/** What a publish adds. */
interface Added {
  readonly fresh: readonly NewMessage[];
  /** What its deduplication ids take. */
  readonly recordBytes: number;
}

/** Commands that create a missing queue, where the server is configured to. */
export type AutoCreating = PublishCommand | ConsumeCommand | SubscribePushCommand;

const NOTHING: Usage = { messages: 0, bytes: 0 };

/**
 * Checks whether there is room for the messages of a publish.
 *
 * @param ofQueue what its queue holds; called only where queues are limited
 */
export function checkPublishRoom(
  room: Room,
  command: PublishCommand,
  ofQueue: () => Usage,
  { fresh, recordBytes }: Added,
): Refusal | undefined {
  if (room.disk !== 'enough') return diskIsLow();
  const asksQueue = limitsQueues(room.limits);
  if (!asksQueue && !limitsProjects(room.limits)) return undefined;
  const added = { messages: fresh.length, bytes: sum(fresh.map(bytesOf)) };
  const { project, idempotency } = command;
  const record = idempotency === null ? 0 : expectedRecordBytes(command, idempotency);
  const before = asksQueue ? ofQueue() : NOTHING;
  return checkStorage(room, project, before, added, recordBytes + record);
}

/**
 * Checks whether a command's missing queue may be created: not for a command that would then be refused
 * for lack of room, so that a refusal leaves no queue behind.
 */
export function checkAutoCreate(
  room: Room,
  command: AutoCreating,
  reachableFrom: ReachableFrom,
): Refusal | undefined {
  const { kind, project, queue } = command;
  const refusal = checkQuota(room, project, 'queues') ?? checkRecordRoom(room, command);
  if (refusal !== undefined || kind === 'consume') return refusal;
  if (kind === 'subscribePush') {
    const { deadLetterQueue } = command.settings;
    const isNamed = deadLetterQueue != null;
    return (
      (isNamed ? checkDeadLetterQueue(queue, deadLetterQueue, reachableFrom) : undefined) ??
      checkQuota(room, project, 'subscriptions')
    );
  }
  const added = { fresh: command.messages, recordBytes: 0 };
  return checkPublishRoom(room, command, () => NOTHING, added);
}
