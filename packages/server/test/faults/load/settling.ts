import { retryCall } from '../calls/retry-call.js';
import { failuresToDie } from '../failure-budgets.js';
import type { DeliveredMessage } from '../ledger/ledger-events.js';
import { pause } from './pause.js';
import type { SeededRandom } from './seeded-random.js';
import type { WorkloadContext } from './workload.js';

export interface HeldMessage {
  readonly queue: string;
  readonly message: DeliveredMessage;
  readonly visibilityTimeoutMs: number;
}

type Settle = (context: WorkloadContext, held: HeldMessage, random: SeededRandom) => Promise<void>;

/** Ways in which a consumer may settle a message, with their weights. */
const WAYS: readonly (readonly [weight: number, way: Settle])[] = [
  [62, ackSoon],
  [4, ackTwice],
  [2, ackWithoutReceipt],
  [12, nack],
  [3, reject],
  [6, extendThenAck],
  [4, giveBack],
  [4, letExpire],
  [3, ackLate],
];

export async function settle(
  context: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  let left = random.next() * WAYS.reduce((total, [weight]) => total + weight, 0);
  for (const [weight, way] of WAYS) {
    left -= weight;
    if (left < 0) return way(context, held, random);
  }
}

async function ackSoon(
  context: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  if (random.chance(0.5) && !(await pause(random.integer(1, 200), context.stopped))) return;
  const { messageId } = held.message;
  // Half of the clients use a key for their acks; the others repeat the ack and learn that nothing is
  // left.
  const key = random.chance(0.5) ? { idempotencyKey: `${held.message.receipt}-ack` } : {};
  const request = { queue: held.queue, messageId, receipt: held.message.receipt, ...key };
  await retryCall(context.api, 'ack', request, random, context.stopped);
}

/** The second ack races the first, and at most one of them may succeed. */
async function ackTwice(
  { api, stopped }: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  const request = target(held);
  await Promise.all([
    retryCall(api, 'ack', request, random, stopped),
    retryCall(api, 'ack', request, random, stopped),
  ]);
}

async function ackWithoutReceipt(
  { api, stopped }: WorkloadContext,
  { queue, message }: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  await retryCall(api, 'ack', { queue, messageId: message.messageId }, random, stopped);
}

async function nack(
  { api, stopped }: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  const delay = random.chance(0.4) ? { delayMs: random.integer(50, 600) } : {};
  await retryCall(api, 'nack', { ...target(held), ...delay }, random, stopped);
}

async function reject(
  { api, stopped, plan }: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  // Only where dead letters are expected: in the other queues each missing message is a loss.
  const endsDead = plan.settings.some(
    (setting) => setting.queue === held.queue && failuresToDie(setting) < 10,
  );
  const request = { ...target(held), ...(endsDead ? { requeue: false } : {}) };
  await retryCall(api, 'nack', request, random, stopped);
}

async function extendThenAck(
  { api, stopped }: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  const beats = random.integer(1, 3);
  for (let beat = 0; beat < beats; beat += 1) {
    if (!(await pause(held.visibilityTimeoutMs * 0.6, stopped))) return;
    const request = { ...target(held), visibilityTimeoutMs: held.visibilityTimeoutMs };
    const outcome = await retryCall(api, 'extend', request, random, stopped);
    if (outcome.kind !== 'answered' || !outcome.answer.extended) return;
  }
  await retryCall(api, 'ack', target(held), random, stopped);
}

async function giveBack(
  { api, stopped }: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  await retryCall(api, 'extend', { ...target(held), visibilityTimeoutMs: 0 }, random, stopped);
}

async function letExpire(): Promise<void> {}

/** The lease has run out by now: the ack succeeds only if no other consumer has the message. */
async function ackLate(
  { api, stopped }: WorkloadContext,
  held: HeldMessage,
  random: SeededRandom,
): Promise<void> {
  const lateMs = held.visibilityTimeoutMs + random.integer(20, 900);
  if (!(await pause(lateMs, stopped))) return;
  await retryCall(api, 'ack', target(held), random, stopped);
}

function target({ queue, message }: HeldMessage) {
  return { queue, messageId: message.messageId, receipt: message.receipt };
}
