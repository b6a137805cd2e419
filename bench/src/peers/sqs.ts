import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { forkChild, nextMessage, stopChild } from '../servers/child-process.js';
import type { ClientLoad, Peer, PeerClient, PeerServer } from './peer.js';
import { packageVersion } from './programs/package-version.js';
import { ackAsMany } from './run/ack-as-many.js';

interface Address {
  port: number;
}

export const sqs: Peer<Address> = {
  name: 'sqs-fauxqs',
  durability: 'none: all messages are in memory only',
  usage: `${packageVersion('@aws-sdk/client-sqs')}, a kept connection for each caller; SendMessage, ReceiveMessage of 1, DeleteMessage`,
  less: 'keeps nothing on disk: an emulator for tests',
  batch: { size: 10, calls: 'SendMessageBatch, ReceiveMessage of 10, DeleteMessageBatch' },
  start,
  connect,
};

async function start(): Promise<PeerServer<Address>> {
  const child = forkChild(new URL('./programs/fauxqs-child.ts', import.meta.url));
  const { port } = await nextMessage<Address>(child, 'fauxqs');
  const stop = () => stopChild(child);
  return {
    address: { port },
    version: packageVersion('fauxqs'),
    pids: [child.pid as number],
    stop,
  };
}

async function connect(load: ClientLoad<Address>): Promise<PeerClient> {
  // This version still supports the Node that runs it; its warnings are about later ones.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { payload: MessageBody, batchSize, concurrency } = load;
  const client = new SQSClient({
    endpoint: `http://127.0.0.1:${load.address.port}`,
    // The urls of its queues have a host name that only some resolvers know.
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: concurrency } },
  });
  const created = await client.send(new CreateQueueCommand({ QueueName: load.scenario }));
  const QueueUrl = created.QueueUrl as string;
  const batch = Array.from({ length: batchSize }, (_, index) => ({ Id: `${index}`, MessageBody }));

  const publish = () => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const receive = async (MaxNumberOfMessages: number) => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages,
      WaitTimeSeconds: 10,
    });
    return (await client.send(command)).Messages ?? [];
  };
  const receiveOne = async () => {
    const [message] = await receive(1);
    if (message === undefined) return 0;
    const { ReceiptHandle } = message;
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return 1;
  };
  const receiveMany = async (atMost: number) => {
    const messages = await receive(atMost);
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    if (Entries.length === 0) return 0;
    const { Failed } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    if (Failed?.length) throw new Error(`a message was not deleted: ${Failed[0]?.Message}`);
    return Entries.length;
  };
  return {
    publish,
    async publishBatch() {
      const sent = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: batch }));
      if (sent.Failed?.length) throw new Error(`not sent: ${sent.Failed[0]?.Message}`);
    },
    ack: (count) => ackAsMany(count, count === 1 ? receiveOne : receiveMany),
    waiting: () => messagesIn(client, QueueUrl),
    close: async () => client.destroy(),
  };
}

async function messagesIn(client: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}
