import type { AckCommand, Command, ExtendCommand, NackCommand } from './commands.js';

/** Commands that name messages, and settle or extend their leases. */
export type SettlingCommand = AckCommand | NackCommand | ExtendCommand;
export type SettlingKind = SettlingCommand['kind'];

/** A record, so that the compiler asks for a new kind. */
const SETTLING: Readonly<Record<SettlingKind, true>> = { ack: true, nack: true, extend: true };

export const isSettling = (command: Command): command is SettlingCommand =>
  command.kind in SETTLING;

/** The ids of the messages that a command names. */
export const namedMessages = (command: SettlingCommand): readonly string[] =>
  'entries' in command ? command.entries.map(({ messageId }) => messageId) : [command.messageId];

/** Commands on the messages of a queue, which leave the queue itself as it is. */
export const worksOnMessages = (command: Command): boolean =>
  isSettling(command) || command.kind === 'publish' || command.kind === 'consume';
