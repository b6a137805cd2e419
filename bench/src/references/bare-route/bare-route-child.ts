import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { FixedAnswers } from './bare-route.js';

// Fastify's own JSON parser parses each body; there are no hooks, no schema, no log and no storage.
process.once('message', async (answers: FixedAnswers) => {
  const app = fastify();
  for (const [path, answer] of Object.entries(answers)) {
    app.post(path, (_request, reply) => {
      reply.type('application/json').send(answer);
    });
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  process.send?.((app.server.address() as AddressInfo).port);
});
