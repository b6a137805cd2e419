import type { ConsumeCommand } from '../commands/commands.js';

/**
 * Limits what the consumes of one project may take in one commit group. However many arrive together,
 * and however large their answers are, the commit group ends soon and the commands of other projects do
 * not wait long. The first consume of a project may take all that it asks for.
 */
const MESSAGES_MAX = 8_192;
const BYTES_MAX = 4 * 1024 * 1024;

export interface ConsumeShare {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export class CommitGroupShare {
  private readonly taken = new Map<string, { messages: number; bytes: number }>();

  /** What a consume may take; undefined if it must wait for a later commit group. */
  leftFor({ project, maxMessages, maxBytes }: ConsumeCommand): ConsumeShare | undefined {
    const taken = this.taken.get(project);
    if (taken === undefined) return { maxMessages, maxBytes };
    const messages = MESSAGES_MAX - taken.messages;
    const bytes = BYTES_MAX - taken.bytes;
    if (messages <= 0 || bytes <= 0) return undefined;
    return { maxMessages: Math.min(maxMessages, messages), maxBytes: Math.min(maxBytes, bytes) };
  }

  /** @param bytes the bytes of the messages in an answer */
  took({ project }: ConsumeCommand, messages: number, bytes: number): void {
    const taken = this.taken.get(project);
    if (taken === undefined) {
      this.taken.set(project, { messages, bytes });
    } else {
      taken.messages += messages;
      taken.bytes += bytes;
    }
  }
}

/** Why a message was left out of an answer: it is too large for the command or for this commit group. */
export type TooLarge = { readonly needsBytes: number } | { readonly crowded: true };

export const tooLarge = (
  command: Pick<ConsumeCommand, 'maxBytes'>,
  messageBytes: number,
): TooLarge => (messageBytes > command.maxBytes ? { needsBytes: messageBytes } : { crowded: true });
