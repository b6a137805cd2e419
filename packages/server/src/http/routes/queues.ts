import {
  CAPABILITIES,
  type CreateParams,
  type GetParams,
  LIMITS,
  type ListParams,
  type QueueRecord,
  type UpdateParams,
} from '@millrace/protocol';
import { toIso } from '../../core/iso-time.js';
import type { QueueRow, QueueSettings } from '../../core/queue/queue-entry.js';
import { queueNotFound } from '../../core/refusal.js';
import type { QueueWithCounts } from '../../core/store/store.js';
import { answer, type Call, type Route, respond, toMs } from '../call.js';
import { pageOf, readCursor } from '../validation/cursor.js';
import { activityOf, queueStats } from './statistics.js';

/** The calls that create, show and list queues. */

const createRoute: Route = {
  capability: CAPABILITIES.create,
  handle({ params, caller, idempotency, audit }: Call<CreateParams>, { service }) {
    const outcome = service.submit(
      {
        kind: 'createQueue',
        project: caller.project,
        queue: params.name,
        settings: settingsOf(params),
        idempotency,
        audit,
      },
      caller,
    );
    return respond(outcome, ({ queue }) => queueRecord(queue));
  },
};

const getRoute: Route = {
  capability: CAPABILITIES.get,
  async handle({ params, caller }: Call<GetParams>, { store }) {
    const { queue } = params;
    const row = await store.read({ kind: 'getQueue', project: caller.project, queue });
    return row === null ? queueNotFound(queue) : answer(queueRecord(row));
  },
};

/** The most bytes of a record with its counts and names of 128 characters. */
const QUEUE_MAX_BYTES = 1_536;
const QUEUE_NAME = /^[A-Za-z0-9._-]{1,128}$/;

const nameOf = (row: QueueRow | QueueWithCounts): string =>
  'counts' in row ? row.queue.name : row.name;

const listRoute: Route = {
  capability: CAPABILITIES.list,
  answerMaxBytes: ({ limit }: ListParams) => (limit ?? LIMITS.listLimitDefault) * QUEUE_MAX_BYTES,
  async handle({ params, caller }: Call<ListParams>, context) {
    const { store, nodeId } = context;
    const { project } = caller;
    const after = readCursor(params.cursor, QUEUE_NAME);
    if (typeof after === 'object' && after !== null) return after;
    const limit = params.limit ?? LIMITS.listLimitDefault;
    const included = params.include?.split(',') ?? [];
    const rows = await store.read({
      kind: 'listQueues',
      project,
      after,
      prefix: params.prefix ?? '',
      limit: limit + 1,
      counts: included.includes('stats'),
      nodeId,
    });
    const page = pageOf(rows, limit, nameOf);
    const activity = included.includes('activity')
      ? await activityOf(store, project, page.items.map(nameOf))
      : undefined;
    const items = page.items.map((row) => ({
      ...queueRecord('counts' in row ? row.queue : row),
      ...('counts' in row && { stats: queueStats(row.queue, row.counts, context) }),
      ...(activity && { activity: activity(nameOf(row)) }),
    }));
    return answer({ ...page, items });
  },
};

export function settingsOf(params: CreateParams | UpdateParams): Partial<QueueSettings> {
  return {
    ...(params.type === undefined ? {} : { type: params.type }),
    ...(params.dead_letter_queue === undefined
      ? {}
      : { deadLetterQueue: params.dead_letter_queue }),
    ...(params.max_retries === undefined ? {} : { maxRetries: params.max_retries }),
    ...(params.max_expired_leases === undefined
      ? {}
      : { maxExpiredLeases: params.max_expired_leases }),
    ...(params.message_retention_days === undefined
      ? {}
      : { messageRetentionDays: params.message_retention_days }),
    ...(params.visibility_timeout_default === undefined
      ? {}
      : { visibilityTimeoutDefaultMs: toMs(params.visibility_timeout_default) }),
    ...(params.enable_priority === undefined ? {} : { enablePriority: params.enable_priority }),
  };
}

export function queueRecord(row: QueueRow): QueueRecord {
  return {
    queue: row.name,
    type: row.type,
    ...(row.deadLetterQueue === null ? {} : { dead_letter_queue: row.deadLetterQueue }),
    max_retries: row.maxRetries,
    max_expired_leases: row.maxExpiredLeases,
    visibility_timeout_default: row.visibilityTimeoutDefaultMs / 1_000,
    message_retention_days: row.messageRetentionDays,
    enable_priority: row.enablePriority,
    created_at: toIso(row.createdAtMs),
    updated_at: toIso(row.updatedAtMs),
  };
}

export const QUEUE_ROUTES: readonly Route[] = [createRoute, getRoute, listRoute];
