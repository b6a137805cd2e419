import { createHash } from 'node:crypto';
import type { Command, OutcomeOf } from '../../../core/commands/commands.js';
import { recordScope } from '../../../core/commands/replay.js';
import { recordBytes } from '../../../core/limits/record-room.js';
import type { Room } from '../../../core/limits/storage-limits.js';
import type {
  AnswerRecords,
  RecordedAnswer,
  RecordScope,
} from '../../../core/queue/transaction.js';
import { escapeNul } from '../driver/escaped-nul.js';
import { rowOf } from '../driver/index-joins.js';
import { loadQueueById } from './queue-rows.js';
import type { PostgresTransaction } from './transaction.js';

const KEY = ['queue_id', 'project', 'capability', 'key'] as const;

type RecordRow = RecordedAnswer &
  Pick<RecordScope, 'project' | 'capability' | 'queueId' | 'key'> & { readonly isOver: boolean };

/**
 * The recorded answers that a commit group's commands may replay, read before they run, and those that
 * they add. If another node records the same key first, the commit group runs again and finds its
 * answer.
 */
export class IdempotencyRecords implements AnswerRecords {
  private readonly known = new Map<string, RecordedAnswer>();
  /** The bytes of the existing records, including the expired ones. */
  private readonly bytes = new Map<string, number>();
  private readonly added = new Map<string, RecordScope & RecordedAnswer & { endMs: number }>();

  readonly room: Room;

  constructor(private readonly tx: PostgresTransaction) {
    this.room = tx.room;
  }

  async load(commands: readonly Command[]): Promise<void> {
    const scopes = commands.flatMap((command) => scopeOf(this.tx, command) ?? []);
    if (scopes.length === 0) return;
    // A command whose key another transaction is working under waits for it, and then finds its answer.
    // The rows are locked, so that no one removes as expired a record that this commit group counts as
    // replaced.
    this.tx.pipeline.send('SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k', [
      lockKeys(scopes),
    ]);
    const rows = await this.tx.pipeline.query<RecordRow>(
      `SELECT i.project, i.capability, i.queue_id AS "queueId", i.key, i.fingerprint, i.outcome,
         i.expires_at_ms <= $5 AS "isOver"
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS s(${KEY.join(', ')})
        CROSS JOIN ${rowOf('idempotency', 's', KEY, 't.*', 'FOR UPDATE')} AS i`,
      [...columnsOf(scopes), this.tx.nowMs],
    );
    await this.tx.hearTime();
    await loadCreatedQueues(this.tx, rows);
    for (const row of rows) {
      const id = idOf(row);
      this.bytes.set(id, recordBytes(row.key, row));
      if (!row.isOver) this.known.set(id, row);
    }
  }

  find(scope: RecordScope): RecordedAnswer | undefined {
    return this.added.get(idOf(scope)) ?? this.known.get(idOf(scope));
  }

  get nowMs(): number {
    return this.tx.nowMs;
  }

  put(scope: RecordScope, answer: RecordedAnswer, endMs: number): void {
    const id = idOf(scope);
    this.tx.remembered += 1;
    const bytes = recordBytes(escapeNul(scope.key), answer);
    this.tx.usage.count(scope.project, 0, bytes - (this.bytes.get(id) ?? 0));
    this.bytes.set(id, bytes);
    this.added.set(id, { ...scope, ...answer, endMs });
  }

  flush(): void {
    const rows = [...this.added.values()];
    if (rows.length === 0) return;
    const keys = columnsOf(rows);
    // A record with the same key is either expired or one that this commit group has read and replaces.
    this.tx.pipeline.send(
      `DELETE FROM millrace.idempotency WHERE ctid = ANY (ARRAY(
         SELECT i.tid
           FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[])
                AS s(${KEY.join(', ')}, replaced)
          CROSS JOIN ${rowOf('idempotency', 's', KEY, 't.ctid AS tid, t.expires_at_ms')} AS i
          WHERE s.replaced OR i.expires_at_ms <= $6))`,
      [...keys, rows.map((row) => this.known.has(idOf(row))), this.tx.nowMs],
    );
    this.tx.pipeline.send(
      `INSERT INTO millrace.idempotency
         (queue_id, project, capability, key, fingerprint, outcome, expires_at_ms)
       SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[],
         $6::text[], $7::bigint[])`,
      [
        ...keys,
        rows.map(({ fingerprint }) => fingerprint),
        rows.map(({ outcome }) => outcome),
        rows.map(({ endMs }) => endMs),
      ],
    );
  }
}

/** Whether the recorded answer of a create is still valid depends on the queue that it created. */
async function loadCreatedQueues(
  tx: PostgresTransaction,
  rows: readonly RecordRow[],
): Promise<void> {
  for (const { capability, outcome } of rows) {
    if (capability !== 'queue.create') continue;
    const { queue } = JSON.parse(outcome) as OutcomeOf['createQueue'];
    if (tx.queueById(queue.id) === undefined) await loadQueueById(tx, queue.id);
  }
}

function scopeOf(tx: PostgresTransaction, command: Command): RecordScope | undefined {
  if (!('idempotency' in command)) return undefined;
  if (command.kind === 'createQueue' || command.kind === 'deleteQueue' || !('queue' in command)) {
    return recordScope(command, undefined);
  }
  const queue = tx.queue(command.project, command.queue);
  return queue === undefined ? undefined : recordScope(command, queue);
}

/** Numbers that stand for the keys, in the same order on every node. */
const lockKeys = (scopes: readonly RecordScope[]): string[] =>
  [...new Set(scopes.map((scope) => lockKey(idOf(scope))))]
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map(String);

const lockKey = (id: string): bigint => createHash('sha256').update(id).digest().readBigInt64BE(0);

const columnsOf = (rows: readonly RecordScope[]) => [
  rows.map(({ queueId }) => queueId),
  rows.map(({ project }) => project),
  rows.map(({ capability }) => capability),
  rows.map(({ key }) => key),
];

const idOf = ({
  project,
  capability,
  queueId,
  key,
}: Pick<RecordScope, 'project' | 'capability' | 'queueId' | 'key'>): string =>
  `${queueId}\n${capability}\n${project}\n${key}`;
