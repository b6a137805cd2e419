import type { Attack } from '../attack.js';

const ACKS_EACH = 500;
const PAYLOAD = 'x'.repeat(100_000);
/**
 * Together they are far more than the project may store, including the extra room for settling calls.
 */
const RECORDS_ENOUGH = 800;

export const freeRecords: Attack = {
  name: 'free-records',
  about: 'A full project acks unknown messages, each call with a new idempotency key to record.',
  flags: ['--max-project-bytes', '1MiB'],
  minSeconds: 6,
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'free' });
  },
  async run(attacker) {
    const publish = { queue: 'free', payload: PAYLOAD };
    while ((await attacker.call('POST', '/v1/queue/publish', publish)).status === 200);
    const messages = Array.from({ length: ACKS_EACH }, () => ({ message_id: 'unknown' }));
    let kept = 0;
    await attacker.loop(
      16,
      async (n) => {
        const answer = await attacker.call('POST', '/v1/queue/ack_batch', {
          queue: 'free',
          messages,
          idempotency_key: `key-${n}`,
        });
        if (answer.status === 200) kept += 1;
      },
      400,
    );
    if (kept > RECORDS_ENOUGH)
      attacker.fail(`a full project could store ${kept} records of ${ACKS_EACH} acks`);
  },
};
