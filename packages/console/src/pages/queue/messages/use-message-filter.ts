import type { QueueMessage } from '@millrace/client';
import { useMemo } from 'react';
import { useAddressParam } from '../../../design/use-address-param.js';
import { type FilterField, matchingMessages } from './message-filter.js';

export interface MessageFilter<T> {
  readonly text: string;
  readonly field: string;
  readonly isEmpty: boolean;
  /** The messages that match; without a filter, all. */
  readonly shown: readonly T[];
  setText(text: string): void;
  setField(field: string): void;
}

/** Filters what was read by the text in the address. */
export function useMessageFilter<T extends QueueMessage>(read: readonly T[]): MessageFilter<T> {
  const [text, setText] = useAddressParam('filter');
  const [field, setField] = useAddressParam('in');
  const shown = useMemo(
    () => matchingMessages(read, text, field as FilterField),
    [read, text, field],
  );
  return { text, field, isEmpty: text.trim() === '', shown, setText, setField };
}
