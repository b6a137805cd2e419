import { pause } from '../../faults/load/pause.js';
import type { Attack } from '../attack.js';
import type { Attacker } from '../attacker.js';

/** More than all projects together may have. */
const POLLS = 12_000;
const CREATED_AT_ONCE = 50;
const WAKES_PER_SECOND = 20;

/** A project may have many polls, but must not take those of the others. */
const polling = (name: string, queues: number, about: string): Attack => ({
  name,
  about,
  processes: 4,
  minSeconds: 9,
  async prepare(attacker) {
    for (let n = 0; n < queues; n += CREATED_AT_ONCE) {
      const made = Array.from({ length: Math.min(CREATED_AT_ONCE, queues - n) }, (_, k) =>
        attacker.mustCall('/v1/queue/create', { name: `poll-${n + k}` }),
      );
      await Promise.all(made);
    }
  },
  async run(attacker) {
    await attacker.openMany(attacker.share(POLLS, POLLS), (socket, n) => {
      void attacker.statusOf(socket);
      const body = `{"queue":"poll-${n % queues}","wait_seconds":20}`;
      socket.write(attacker.requestOf('POST', '/v1/queue/consume', { body }));
    });
    if (attacker.index === 0) await wakeAndDelete(attacker, queues);
    await attacker.hold();
  },
});

/** Wakes some polls by publishes, and in the end all of them by deleting their queues. */
async function wakeAndDelete(attacker: Attacker, queues: number): Promise<void> {
  const wakes = WAKES_PER_SECOND * attacker.seconds * 0.7;
  for (let n = 0; n < wakes && attacker.running; n += 1) {
    const queue = `poll-${n % queues}`;
    await attacker.call('POST', '/v1/queue/publish', { queue, payload: n });
    await pause(1_000 / WAKES_PER_SECOND);
  }
  for (let n = 0; n < queues && attacker.running; n += 1) {
    await attacker.call('DELETE', `/v1/queue/delete/poll-${n}`);
  }
}

export const longPollsOneQueue = polling(
  'long-polls-one-queue',
  1,
  '12,000 long polls on one queue, publishes that wake some, and the deletion of the queue.',
);

export const longPollsManyQueues = polling(
  'long-polls-many-queues',
  1_000,
  '12,000 long polls on 1,000 queues, publishes that wake some, and the deletion of the queues.',
);
