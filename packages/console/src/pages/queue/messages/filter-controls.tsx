import { NativeSelect, TextInput } from '@mantine/core';
import { Filter } from 'lucide-react';
import classes from './message-list.module.css';
import type { MessageFilter } from './use-message-filter.js';

const FIELDS = [
  { value: '', label: 'anywhere' },
  { value: 'payload', label: 'in the payload' },
  { value: 'headers', label: 'in the headers' },
  { value: 'error', label: 'in the last error' },
];

/** What to look for among the messages that were read, and where. */
export function FilterControls({ filter }: { readonly filter: MessageFilter<unknown> }) {
  return (
    <>
      <TextInput
        className={classes.filter}
        type="search"
        aria-label="Filter what was read"
        placeholder="Filter what was read"
        leftSection={<Filter size={14} aria-hidden />}
        value={filter.text}
        onChange={(event) => filter.setText(event.currentTarget.value)}
      />
      <NativeSelect
        aria-label="Where to look"
        value={filter.field}
        data={FIELDS}
        onChange={(event) => filter.setField(event.currentTarget.value)}
      />
    </>
  );
}
