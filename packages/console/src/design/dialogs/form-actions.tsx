import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';

interface FormActionsProps {
  /** The button that does it. */
  readonly children: ReactNode;
  /** Whether it was done, so that nothing is left to cancel. */
  readonly isDone?: boolean;
  onCancel(): void;
}

export function FormActions({ children, isDone = false, onCancel }: FormActionsProps) {
  return (
    <Group justify="flex-end" mt="lg" gap="sm">
      <Button variant="default" onClick={onCancel}>
        {isDone ? 'Close' : 'Cancel'}
      </Button>
      {children}
    </Group>
  );
}
