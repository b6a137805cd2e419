import type { Command, Outcome } from '#server/core/commands/commands';
import type { IdSource } from '#server/core/ids';
import type { Store } from '#server/core/store/store';
import type { FakeClock } from '../harness/fake-clock.js';
import { CommandBuilder } from '../store-conformance/command-builder.js';
import type { FifoApi } from './fifo-api.js';

/** A client of the port, in its own project, on a clock that the test moves. */
export function portClient(
  store: Store,
  clock: FakeClock,
  project: string,
  ids: IdSource,
): FifoApi {
  const make = new CommandBuilder(project, ids);
  const submit = async <C extends Command>(command: C) =>
    (await store.apply([command]))[0] as Outcome<C['kind']>;
  const run = async <C extends Command>(command: C) => {
    const outcome = await submit(command);
    if (!outcome.ok) throw new Error(`${command.kind} was refused: ${outcome.code}`);
    return outcome;
  };
  /** A queue that is being created again is missing for a moment. */
  const ifThere = async <C extends Command, T>(
    command: C,
    read: (outcome: Extract<Outcome<C['kind']>, { ok: true }>) => T,
    otherwise: T,
  ): Promise<T> => {
    const outcome = await submit(command);
    if (outcome.ok) return read(outcome as Extract<Outcome<C['kind']>, { ok: true }>);
    if (outcome.code === 'QUEUE_NOT_FOUND') return otherwise;
    throw new Error(`${command.kind} was refused: ${outcome.code}`);
  };
  const bounds = { after: null, limit: 1_000, maxBytes: 1_000_000 };
  return {
    nowMs: () => clock.nowMs(),
    async pass(durationMs) {
      clock.advance(durationMs);
    },
    async create(queue, { maxRetries, maxExpiredLeases }) {
      await run(make.createQueue(queue, { type: 'fifo', maxRetries, maxExpiredLeases }));
    },
    async delete(queue) {
      await run(make.deleteQueue(queue));
    },
    publish: (queue, groupId, payloads) =>
      ifThere(
        make.publish(
          queue,
          payloads.map((payload) => ({ payload, groupId })),
        ),
        ({ messageIds }) => [...messageIds],
        [],
      ),
    consume: (queue, maxMessages, visibilityTimeoutMs) =>
      ifThere(
        make.consume(queue, { maxMessages, visibilityTimeoutMs }),
        ({ messages }) =>
          messages.map(({ messageId, groupId, receipt, payload }) => ({
            ...{ messageId, group: groupId, receipt, payload },
          })),
        [],
      ),
    ack: (queue, entries) =>
      ifThere(
        make.ack(queue, entries),
        ({ results }) => results.map((result) => result.ok && result.acked),
        [],
      ),
    nack: (queue, entries) =>
      ifThere(
        {
          ...make.nack(queue, entries),
          entries: entries.map((entry) => ({ ...entry, error: null })),
        },
        ({ results }) =>
          results.map((result) => ({
            nacked: result.ok && result.nacked,
            requeued: result.ok && result.requeued,
          })),
        [],
      ),
    async extend(queue, entry, visibilityMs) {
      const outcome = await submit(make.extend(queue, entry, visibilityMs));
      return outcome.ok && outcome.extended;
    },
    async purge(queue) {
      await run(make.purgeQueue(queue));
    },
    async deadLetters(queue) {
      const page = await store.read({ kind: 'deadLetters', project, queue, ...bounds });
      return page?.items.map(({ messageId }) => messageId) ?? [];
    },
    redrive: (queue, messageId) =>
      ifThere(make.redrive(queue, { messageId }), ({ done }) => done === 1, false),
    async count(queue) {
      await store.apply([{ kind: 'settleDue', limit: 1_000 }]);
      const counts = await store.read({ kind: 'stats', project, queue });
      return counts === null ? 0 : counts.available + counts.inFlight + counts.delayed;
    },
  };
}
