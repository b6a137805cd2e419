import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
  readonly title: string;
  /** What to do next. */
  readonly children: ReactNode;
}

/** Takes the place of a list that is empty, and says what would fill it. */
export function EmptyState({ title, children }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text c="dimmed" mt="xs" component="div">
        {children}
      </Text>
    </div>
  );
}
