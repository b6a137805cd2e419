import type { Command, ConsumeCommand, LeasedMessage } from '../../../../core/commands/commands.js';
import { recordScope } from '../../../../core/commands/replay.js';
import { storedMessage, withLease } from '../../../../core/queue/message-fields.js';
import { STATE } from '../../../../core/queue/message-state.js';
import { answerBytes } from '../../../../core/store/answer-size.js';
import { messageOf } from '../../driver/index-joins.js';
import { STORED_COLUMNS } from '../../reads/rows.js';
import type { CommitGroup } from '../../transaction/commit-group.js';

interface Given {
  readonly command: ConsumeCommand;
  readonly bucketId: number;
  readonly messages: readonly { readonly messageId: string; readonly receipt: string }[];
}

type HeldRow = LeasedMessage & { readonly bytes: number };

/** Reads the leased messages that a repeated consume may get back, so that a replay can look them up. */
export async function loadHeld(run: CommitGroup, commands: readonly Command[]): Promise<void> {
  // Messages leased earlier in the commit group may have been settled since.
  run.held.clear();
  const given = commands.flatMap((command) => givenBefore(run, command) ?? []);
  if (given.length === 0) return;
  const rows = new Map((await lockHeld(run, given)).map((row) => [row.messageId, row]));
  const fitting = given.flatMap((earlier) => {
    const held = earlier.messages.flatMap(({ messageId, receipt }) => {
      const row = rows.get(messageId);
      return row?.receipt === receipt ? [row] : [];
    });
    const bytes = held.reduce((sum, row) => sum + answerBytes(row.bytes, row), 0);
    const { command, bucketId } = earlier;
    if (!command.strict || bytes <= command.maxBytes) return [{ bucketId, held }];
    run.heldTooLarge.set(command, bytes);
    return [];
  });
  for (const { messageId, payload } of await payloadsOf(run, fitting)) {
    const row = rows.get(messageId) as HeldRow;
    run.held.set(messageId, withLease(storedMessage({ ...row, payload }), row));
  }
}

function givenBefore(run: CommitGroup, command: Command): Given | undefined {
  if (command.kind !== 'consume') return undefined;
  const queue = run.tx.queue(command.project, command.queue);
  const scope = queue === undefined ? undefined : recordScope(command, queue);
  const record = scope === undefined ? undefined : run.records.find(scope);
  if (queue === undefined || record === undefined) return undefined;
  const { messages } = JSON.parse(record.outcome) as Pick<Given, 'messages'>;
  return { command, bucketId: queue.bucketId, messages };
}

/** Reads no payloads, because their bytes are known before they are read. */
const lockHeld = ({ tx }: CommitGroup, given: readonly Given[]): Promise<HeldRow[]> =>
  tx.pipeline.query<HeldRow>(
    `SELECT ${STORED_COLUMNS}, m.bytes, m.receipt, m.due_at_ms AS "leaseExpiresAtMs"
       FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::uuid[]) AS u(bucket_id, message_id)
              ORDER BY 1, 2) AS w
      CROSS JOIN ${messageOf('w', 'm.*', 'FOR UPDATE')} AS m
      WHERE m.state = ${STATE.leased} AND (m.due_at_ms > $3 OR m.due_at_ms <= $4)`,
    [
      given.flatMap(({ bucketId, messages }) => messages.map(() => bucketId)),
      given.flatMap(({ messages }) => messages.map(({ messageId }) => messageId)),
      tx.nowMs,
      tx.leasesKeptUntilMs,
    ],
  );

const payloadsOf = async (
  { tx }: CommitGroup,
  fitting: readonly { readonly bucketId: number; readonly held: readonly HeldRow[] }[],
): Promise<{ messageId: string; payload: string }[]> =>
  fitting.every(({ held }) => held.length === 0)
    ? []
    : tx.pipeline.query(
        `SELECT m.message_id AS "messageId", m.payload
           FROM unnest($1::bigint[], $2::uuid[]) AS w(bucket_id, message_id)
          CROSS JOIN ${messageOf('w', 'm.message_id, m.payload')} AS m`,
        [
          fitting.flatMap(({ bucketId, held }) => held.map(() => bucketId)),
          fitting.flatMap(({ held }) => held.map(({ messageId }) => messageId)),
        ],
      );
