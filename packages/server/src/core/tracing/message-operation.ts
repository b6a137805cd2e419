import type { Attributes } from '@opentelemetry/api';
import type {
  AckCommand,
  Command,
  ConsumeCommand,
  ExtendCommand,
  NackCommand,
  Outcome,
  PublishCommand,
} from '../commands/commands.js';
import { shownQueue } from '../queue/shown-queue.js';

/** The commands that are operations on messages. */
export type MessageCommand =
  | PublishCommand
  | ConsumeCommand
  | AckCommand
  | NackCommand
  | ExtendCommand;

/** The kinds of operations in OpenTelemetry's semantic conventions for messaging. */
const OPERATION_TYPES: Readonly<Record<MessageCommand['kind'], 'send' | 'receive' | 'settle'>> = {
  publish: 'send',
  consume: 'receive',
  ack: 'settle',
  nack: 'settle',
  extend: 'settle',
};

export const isMessageCommand = (command: Command): command is MessageCommand =>
  command.kind in OPERATION_TYPES;

export function spanNameOf({ kind, queue }: MessageCommand): string {
  return `${kind} ${shownQueue(queue) ?? ''}`.trimEnd();
}

/** What is known of an operation before its outcome. */
export function operationOf({ kind, project, queue }: MessageCommand): Attributes {
  return {
    'messaging.system': 'millrace',
    'messaging.destination.name': shownQueue(queue),
    'messaging.operation.name': kind,
    'messaging.operation.type': OPERATION_TYPES[kind],
    'millrace.project': project,
  };
}

/** The messages of an operation: the id of a single one, or else how many they are. */
export function messagesOf(command: MessageCommand, outcome: Outcome): Attributes {
  const ids = messageIdsOf(command, outcome);
  return ids.length === 1
    ? { 'messaging.message.id': ids[0] }
    : { 'messaging.batch.message_count': ids.length };
}

function messageIdsOf(command: MessageCommand, outcome: Outcome): readonly (string | undefined)[] {
  // A publish that was made before answers with the ids of that time.
  if ('messageIds' in outcome) return outcome.messageIds;
  if ('entries' in command) return command.entries.map(({ messageId }) => messageId);
  if ('messageId' in command) return [command.messageId];
  const messages = 'messages' in outcome ? outcome.messages : [];
  return messages.map(({ messageId }) => messageId);
}
