import type { LeasedMessage } from '../../core/commands/commands.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import { deliveryResult } from '../delivery/delivery-result.js';
import type { PushDependencies } from '../push-dependencies.js';
import { requestOf } from '../request/signing/signed-request.js';
import { SigningSecrets } from '../request/signing/signing-secrets.js';

/** A subscription that is paused, and so has no worker, can also be tested. */
const TEST_SENDER = 'test';
const TEST_LEASE_MS = 12_500;

export interface TestResult {
  readonly delivered: boolean;
  readonly status?: number;
  readonly duration_ms: number;
  readonly error?: string;
}

/** Posts one message made for the test, without using the queue. */
export async function testPush(
  { client, clock, ids, secrets }: Pick<PushDependencies, 'client' | 'clock' | 'ids' | 'secrets'>,
  subscription: PushSubscriptionRow,
): Promise<TestResult> {
  const nowMs = clock.nowMs();
  const opened = secrets.openTexts(subscription);
  const signing = new SigningSecrets(subscription, secrets).at(nowMs);
  if (opened === undefined || signing === undefined) {
    const what = opened === undefined ? 'subscription' : 'secret';
    return { delivered: false, duration_ms: 0, error: `the ${what} was sealed under another key` };
  }
  const message = testMessage(ids.uuid(), nowMs);
  const request = requestOf(opened, message, signing, { nowMs, wallMs: clock.wallMs() });
  // Tests of one project share their connections, but not with other projects.
  const sender = `${TEST_SENDER} ${request.project}`;
  const outcome = await client.post({ ...request, sender });
  return {
    delivered: deliveryResult(outcome) === 'success',
    ...('status' in outcome ? { status: outcome.status } : { error: outcome.error }),
    duration_ms: outcome.durationMs,
  };
}

const testMessage = (messageId: string, nowMs: number): LeasedMessage => ({
  messageId,
  payload: '{"test":true}',
  headers: null,
  priority: 0,
  groupId: null,
  deduplicationId: null,
  enqueuedAtMs: nowMs,
  deliveryCount: 1,
  nacks: 0,
  sourceQueue: null,
  deadLetteredAtMs: null,
  deadLetterReason: null,
  lastError: null,
  receipt: '',
  leaseExpiresAtMs: nowMs + TEST_LEASE_MS,
});
