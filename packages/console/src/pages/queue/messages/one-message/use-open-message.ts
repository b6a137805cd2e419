import type { QueueMessage } from '@millrace/client';
import { useRef } from 'react';
import { useAddressParam } from '../../../../design/use-address-param.js';

/** The message in the address, and whether this view has listed it: an address may name any id. */
export function useOpenMessage(read: readonly QueueMessage[]) {
  const [messageId, open] = useAddressParam('message');
  const listedId = useRef('');
  if (messageId !== '' && read.some((one) => one.messageId === messageId)) {
    listedId.current = messageId;
  }
  const wasListed = messageId !== '' && listedId.current === messageId;
  return { drawer: { messageId, wasListed, onClose: () => open('') }, open };
}
