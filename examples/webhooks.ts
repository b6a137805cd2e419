/**
 * Takes webhooks of many senders and answers them once they are stored. The slow part comes later:
 * millrace pushes each of them back, as often as it takes, to a receiver that files it as a ticket.
 */
import { Millrace } from '@millrace/client';
import { fastifyReceiver } from '@millrace/client/receiver';
import Fastify from 'fastify';

interface Webhook {
  readonly sender: string;
  readonly event: unknown;
}

const { PORT = '9002', TICKETS_URL = 'http://127.0.0.1:9003', PUSH_SECRET } = process.env;
if (PUSH_SECRET === undefined) throw new Error('PUSH_SECRET must be set, for example to whsec_…');
const { PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env;

const webhooks = new Millrace().queue<Webhook>('webhooks');
await webhooks.create({ maxRetries: 20 });
const app = Fastify();

app.post<{ Params: { sender: string } }>('/webhooks/:sender', async (request, reply) => {
  // Check the sender's signature here. Each sender has its own scheme.
  const { sender } = request.params;
  const eventId = request.headers['x-event-id'];
  // A sender that got no answer sends the event again; the same key stores it once. As JSON, because joined
  // with a dash the event b-c of the sender a would have the key of the event c of the sender a-b.
  const idempotencyKey = JSON.stringify([sender, eventId]);
  const options = eventId === undefined ? {} : { idempotencyKey };
  const { messageId } = await webhooks.publish({ sender, event: request.body }, options);
  return reply.code(202).send({ messageId });
});

app.register(
  fastifyReceiver<Webhook>(
    '/pushes',
    async ({ messageId, payload }) => {
      // A push can come twice. PUT by the id of the message does the same the second time.
      const answer = await fetch(`${TICKETS_URL}/tickets/${messageId}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(payload),
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.ok) throw new Error(`the ticket system answered ${answer.status}`);
    },
    { secret: PUSH_SECRET },
  ),
);

await app.listen({ port: Number(PORT) });
await webhooks.pushSubscribe(`${PUBLIC_URL}/pushes`, { secret: PUSH_SECRET });
console.log(`webhooks go to ${PUBLIC_URL}/webhooks/SENDER`);
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => app.close());
