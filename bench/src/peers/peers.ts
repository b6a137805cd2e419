import { beanstalkd } from './beanstalkd.js';
import { bullmq } from './bullmq.js';
import { graphileWorker } from './graphile-worker.js';
import { millrace, millraceRaw } from './millrace.js';
import { nats } from './nats.js';
import type { Peer } from './peer.js';
import { pgBoss } from './pg-boss.js';
import { rabbitmq } from './rabbitmq.js';
import { sqs } from './sqs.js';

/** In the order of a round. */
export const peers: readonly Peer[] = [
  millrace('sqlite'),
  millraceRaw('sqlite'),
  millrace('postgres'),
  millraceRaw('postgres'),
  pgBoss,
  graphileWorker,
  bullmq('always'),
  bullmq('everysec'),
  rabbitmq,
  nats('default'),
  nats('always'),
  beanstalkd,
  sqs,
];

export function peerNamed(name: string): Peer {
  const peer = peers.find((candidate) => candidate.name === name);
  if (peer) return peer;
  const known = peers.map((candidate) => candidate.name).join(', ');
  throw new Error(`--peer ${name} is not known; known: ${known}`);
}
