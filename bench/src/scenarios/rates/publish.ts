import { call, rawPost } from '../../calls/api-call.js';
import { createQueues } from '../../calls/create-queues.js';
import { PUBLISH_PATH, publishBody } from '../../calls/publish-call.js';
import type { BenchSettings, Measure, Scenario } from '../../comparison/scenario.js';
import { UNIQUE_TEXT } from '../../load/drivers/unique-requests.js';
import { againstBareRoute, type Prepared } from '../../references/bare-route/against-bare-route.js';
import type { MillraceServer } from '../../servers/server-process.js';

/** What distinguishes a publish scenario; the settings decide what is left open. */
interface PublishShape {
  queues?: number;
  payloadBytes?: number;
  idempotencyKeys?: boolean;
}

const publish = (
  name: string,
  summary: string,
  shape: PublishShape,
  of: Pick<Measure, 'connections' | 'target' | 'aim'> = {},
): Scenario =>
  againstBareRoute({ name, summary, unit: 'messages', ...of }, (server, settings) =>
    prepare(server, { ...shapeOf(settings), ...shape }),
  );

const shapeOf = ({ payloadBytes, idempotencyKeys }: BenchSettings): Required<PublishShape> => ({
  queues: 1,
  payloadBytes,
  idempotencyKeys,
});

async function prepare(
  server: MillraceServer,
  { queues, payloadBytes, idempotencyKeys }: Required<PublishShape>,
): Promise<Prepared> {
  const fields = idempotencyKeys ? { idempotency_key: UNIQUE_TEXT } : {};
  const names = await createQueues(server, queues);
  const bodies = names.map((queue) => publishBody(queue, fields, payloadBytes));
  const answer = await call(server, PUBLISH_PATH, bodies[0] as string);
  const requests = bodies.map((body) => rawPost(PUBLISH_PATH, server.apiKey, body));
  return {
    traffic: { kind: 'requests', requests },
    referenceAnswers: { [PUBLISH_PATH]: answer },
  };
}

export const publishOneQueue = publish(
  'publish-one-queue',
  'one message per request to one queue, each answer after the commit',
  {},
  { target: 0.65, aim: 0.75 },
);

export const publishHundredQueues = publish(
  'publish-hundred-queues',
  'the same, round-robin over 100 queues',
  { queues: 100 },
  { target: 0.55, aim: 0.7 },
);

export const publishKeyed = publish(
  'publish-keyed',
  'the same to one queue, with an idempotency key of its own in each request',
  { idempotencyKeys: true },
);

export const publishTenKilobytes = publish('publish-10-kib', 'the same with 10,240 bytes', {
  payloadBytes: 10_240,
});

export const publishOver = (connections: number): Scenario =>
  publish(
    `publish-over-${connections}`,
    `the same over ${connections} connection${connections === 1 ? '' : 's'}`,
    {},
    { connections },
  );
