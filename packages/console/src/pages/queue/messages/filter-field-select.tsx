import { NativeSelect } from '@mantine/core';

interface FilterFieldSelectProps {
  readonly value: string;
  onChange(value: string): void;
}

/** Where the filter looks. */
export const FilterFieldSelect = ({ value, onChange }: FilterFieldSelectProps) => (
  <NativeSelect
    aria-label="Where to look"
    value={value}
    data={[
      { value: '', label: 'anywhere' },
      { value: 'payload', label: 'in the payload' },
      { value: 'headers', label: 'in the headers' },
      { value: 'error', label: 'in the last error' },
    ]}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
);
