import { pause } from '../faults/pause.js';
import type { AttackOrder } from './attack.js';
import { Attacker } from './attacker.js';
import { ATTACKS } from './attacks/index.js';

/** How long an attack may go on after its time before it is cut off. */
const OVERTIME_MS = 3_000;

/** One process of an attacker: prepares and runs when it is told to, and says what it saw. */
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
    // Sockets are closed in the next turn, and the end of the attack is when they are.
    await pause(10);
  }
  process.send?.(attacker.result());
});

// Whoever gave the orders has gone.
process.once('disconnect', () => process.exit(0));
