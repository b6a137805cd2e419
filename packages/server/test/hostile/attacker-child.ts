import { pause } from '../faults/load/pause.js';
import type { AttackOrder } from './attack.js';
import { Attacker } from './attacker.js';
import { ATTACKS } from './attacks/index.js';

/** How long an attack may continue after its time before it is cut off. */
const OVERTIME_MS = 3_000;

/** One process of an attacker: prepares and runs on demand, and reports what it saw. */
process.on('message', async ({ order, job }: AttackOrder) => {
  const attack = ATTACKS.find(({ name }) => name === job.name);
  if (attack === undefined) throw new Error(`there is no attack ${job.name}`);
  const attacker = new Attacker(job);
  if (order === 'prepare') {
    await attack.prepare?.(attacker);
  } else {
    attacker.begin();
    await Promise.race([attack.run(attacker), pause(job.seconds * 1_000 + OVERTIME_MS)]);
    attacker.close();
    // Sockets are closed in the next turn, and the attack ends when they are.
    await pause(10);
  }
  process.send?.(attacker.result());
});

// The parent process is gone.
process.once('disconnect', () => process.exit(0));
