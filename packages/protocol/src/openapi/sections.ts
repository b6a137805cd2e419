import type { CapabilityName } from '../capabilities.js';

/** A part of the reference: calls that belong together, in reading order, with the title of each. */
export interface Section {
  readonly name: string;
  readonly description: string;
  readonly titles: { readonly [Name in CapabilityName]?: string };
}

export const SECTIONS: readonly Section[] = [
  {
    name: 'Messages',
    description: 'Publish messages, and look at them without consuming them.',
    titles: {
      publish: 'Publish a message',
      publishBatch: 'Publish a batch',
      peek: 'Peek at messages',
      message: 'Get a message',
    },
  },
  {
    name: 'Deliveries',
    description: 'Consume messages under a lease, and say how the work ended.',
    titles: {
      consume: 'Consume messages',
      ack: 'Ack a message',
      nack: 'Nack a message',
      extend: 'Extend a lease',
      ackBatch: 'Ack a batch',
      nackBatch: 'Nack a batch',
    },
  },
  {
    name: 'Queues',
    description: 'Create, change, watch, empty and delete queues.',
    titles: {
      create: 'Create a queue',
      get: 'Get a queue',
      list: 'List queues',
      update: 'Change a queue',
      delete: 'Delete a queue',
      purge: 'Purge a queue',
      stats: 'Count messages',
      history: 'Get the history',
    },
  },
  {
    name: 'Dead letter handling',
    description: 'The messages that could not be handled: list them, send them back, remove them.',
    titles: {
      dlqList: 'List dead letters',
      dlqRedrive: 'Redrive dead letters',
      dlqPurge: 'Purge dead letters',
    },
  },
  {
    name: 'Push subscriptions',
    description: 'Have the messages of a queue posted to a url.',
    titles: {
      pushSubscribe: 'Subscribe a url',
      pushSubscriptions: 'List subscriptions',
      pushUnsubscribe: 'Delete a subscription',
      pushPause: 'Pause a subscription',
      pushResume: 'Resume a subscription',
      pushTest: 'Send a test push',
      pushDeliveries: 'List recent pushes',
    },
  },
  {
    name: 'Keys and audit',
    description: 'API keys of all projects, and the log of administrative calls.',
    titles: {
      createKey: 'Create a key',
      listKeys: 'List keys',
      revokeKey: 'Revoke a key',
      whoami: 'Show the own key',
      audit: 'Read the audit log',
    },
  },
];

/** The calls in the order of the sections. */
export const CALLS_IN_ORDER: readonly {
  readonly name: CapabilityName;
  readonly title: string;
  readonly section: string;
}[] = SECTIONS.flatMap((section) =>
  Object.entries(section.titles).map(([name, title]) => ({
    name: name as CapabilityName,
    title,
    section: section.name,
  })),
);
