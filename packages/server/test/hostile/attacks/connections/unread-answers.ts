import type { Socket } from 'node:net';
import { pause } from '../../../faults/load/pause.js';
import type { Attack } from '../../attack.js';
import type { Attacker } from '../../attacker.js';

const MEBIBYTE = 1_048_576;
const BATCH_MESSAGES = 15;

/** Fills a queue with messages of this size. */
async function fill(attacker: Attacker, queue: string, count: number, bytes: number) {
  await attacker.mustCall('/v1/queue/create', { name: queue });
  const payload = 'x'.repeat(bytes - 2);
  for (let left = count; left > 0; left -= BATCH_MESSAGES) {
    const messages = Array.from({ length: Math.min(left, BATCH_MESSAGES) }, () => ({ payload }));
    await attacker.mustCall('/v1/queue/publish_batch', { queue, messages });
  }
}

/** Reads as slowly as possible without being taken for a client that is gone. */
async function readSlowly(attacker: Attacker, socket: Socket): Promise<void> {
  while (attacker.running && !socket.destroyed) {
    socket.read(1_024);
    await pause(250);
  }
}

/** Sends the same request on many sockets; every other one is read, slowly. */
async function askAndHold(attacker: Attacker, count: number, request: Buffer): Promise<void> {
  await attacker.openMany(count, (socket, n) => {
    socket.write(request);
    if (n % 2 === 1) void readSlowly(attacker, socket);
  });
  await attacker.hold();
}

export const unreadConsumes: Attack = {
  name: 'unread-consumes',
  about: '120 consumes of 10 messages of 1 MB, read slowly or not at all.',
  prepare: (attacker) => fill(attacker, 'large', attacker.share(1_200, 300), 1_000_000),
  run(attacker) {
    const body = '{"queue":"large","max_messages":10}';
    const request = attacker.requestOf('POST', '/v1/queue/consume', { body });
    return askAndHold(attacker, attacker.share(120, 30), request);
  },
};

export const unreadPeeks: Attack = {
  name: 'unread-peeks',
  about: '320 peeks at 16 messages of 1 MiB, read slowly or not at all.',
  prepare: (attacker) => fill(attacker, 'large', 16, MEBIBYTE),
  run(attacker) {
    const request = attacker.requestOf('GET', '/v1/queue/peek/large?limit=16');
    return askAndHold(attacker, attacker.share(320, 320), request);
  },
};

export const readPeeks: Attack = {
  name: 'read-peeks',
  about: 'Peeks at 16 messages of 1 MiB, read as fast as they arrive, repeatedly.',
  prepare: (attacker) => fill(attacker, 'large', 16, MEBIBYTE),
  async run(attacker) {
    const request = attacker.requestOf('GET', '/v1/queue/peek/large?limit=16');
    await attacker.loop(attacker.share(320, 64), async () => {
      const socket = attacker.open();
      socket.write(request);
      await attacker.statusOf(socket);
      await new Promise((resolve) => socket.once('close', resolve).once('end', resolve).resume());
      socket.destroy();
    });
  },
};

const QUEUES = 2_000;
const CREATED_AT_ONCE = 50;

export const unreadLists: Attack = {
  name: 'unread-lists',
  about: 'Lists of 1,000 of 2,000 queues with their stats, read slowly or not at all.',
  async prepare(attacker) {
    for (let n = 0; n < QUEUES; n += CREATED_AT_ONCE) {
      const made = Array.from({ length: CREATED_AT_ONCE }, (_, k) =>
        attacker.mustCall('/v1/queue/create', { name: `queue-${n + k}` }),
      );
      await Promise.all(made);
    }
  },
  run(attacker) {
    const request = attacker.requestOf('GET', '/v1/queue/list?limit=1000&include=stats');
    return askAndHold(attacker, attacker.share(500, 100), request);
  },
};
