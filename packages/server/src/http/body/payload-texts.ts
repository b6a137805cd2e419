import type { Capability } from '@millrace/protocol';
import { elementTexts, memberText } from './raw-json.js';

/**
 * The texts of the payloads in a body that JSON.parse has accepted: the call's own, or one for each
 * entry of a batch. For a large body `BodyScan` returns them.
 */
export function payloadTexts({ params }: Capability, bodyText: string): string[] {
  if ('payload' in params.properties) return [memberText(bodyText, 'payload') as string];
  const messages = memberText(bodyText, 'messages') as string;
  return elementTexts(messages).map((text) => memberText(text, 'payload') as string);
}
