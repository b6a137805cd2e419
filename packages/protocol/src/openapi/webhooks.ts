import { Type } from '@sinclair/typebox';
import { MESSAGE } from '../example-story.js';
import { type JsonSchema, publicSchema } from '../public-schema.js';
import { Payload } from '../schemas/fields.js';
import { QueueMessage } from '../schemas/messages.js';

/** What a receiver of pushes gets. */
export const PushedMessage = Type.Omit(QueueMessage, ['receipt', 'lease_expires_at'], {
  title: 'PushedMessage',
  description: 'A message as it is pushed with the format message.',
});

const HEADERS: Readonly<Record<string, { description: string; example: string }>> = {
  'webhook-id': {
    description: 'The message_id. It stays the same when a push is repeated.',
    example: MESSAGE.message_id,
  },
  'webhook-timestamp': {
    description: 'The time of this push, in seconds since 1970.',
    example: '1767600010',
  },
  'webhook-signature': {
    description:
      'If there is a secret: one signature for each secret that signs, separated by spaces, by the rules of Standard Webhooks.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
  'x-infrai-signature': {
    description:
      'If there is a secret: the hex of an HMAC-SHA256 of the body with the newest secret.',
    example: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  },
  'x-millrace-queue': { description: 'The name of the queue.', example: MESSAGE.queue },
  'x-millrace-attempt': {
    description: 'The delivery_count of the message: 1 for the first push.',
    example: '1',
  },
};
/** Only a subscription with a secret sends these. */
const SIGNATURES = ['webhook-signature', 'x-infrai-signature'];

/** The request of a push, which the server sends and the receiver answers. */
export const webhooks = (section: string, rules: string): JsonSchema => ({
  push: {
    post: {
      operationId: 'push',
      tags: [section],
      summary: 'A push',
      description: rules,
      security: [],
      parameters: Object.entries(HEADERS).map(([name, { description, example }]) => ({
        name,
        in: 'header',
        required: !SIGNATURES.includes(name),
        description,
        schema: { type: 'string' },
        example,
      })),
      requestBody: {
        required: true,
        description: 'The message, or with the format payload only its payload.',
        content: {
          'application/json': {
            schema: {
              anyOf: [{ $ref: '#/components/schemas/PushedMessage' }, publicSchema(Payload)],
            },
            examples: {
              message: { summary: 'Format message', value: MESSAGE },
              payload: { summary: 'Format payload', value: MESSAGE.payload },
            },
          },
        },
      },
      responses: {
        '2XX': { description: 'The message is acked.' },
        '410': { description: 'A failure, and the subscription is paused.' },
        '429': { description: 'An outage: the message waits at least for `Retry-After`.' },
        '502': { description: 'An outage.' },
        '503': { description: 'An outage: the message waits at least for `Retry-After`.' },
        '504': { description: 'An outage.' },
        default: { description: 'A failure, which uses one of the retries.' },
      },
    },
  },
});
