import type { QueueMessage } from '@millrace/client';
import { messageText } from '../../output/message-text.js';
import type { Output } from '../../output/output.js';
import { oneLine, payloadLine } from '../../output/payload-text.js';

/** Prints a message, or only its payload. @throws ReaderGone */
export async function printMessage(
  out: Output,
  message: QueueMessage,
  isPayloadOnly = false,
): Promise<void> {
  if (out.isJson) return out.json(message);
  if (!isPayloadOnly) return out.write(messageText(out, message));
  // Programs get the text as it was published, apart from line breaks.
  return out.write(
    process.stdout.isTTY ? payloadLine(message.payload) : oneLine(String(message.payload)),
  );
}
