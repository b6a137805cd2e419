import { Alert, Button, Text } from '@mantine/core';
import { MillraceError } from '@millrace/client';

interface FailureProps {
  /** What could not be done, as a sentence without its reason. */
  readonly title: string;
  readonly error: Error;
  onRetry?(): void;
}

/** An error with what the server says about the next step. */
export function Failure({ title, error, onRetry }: FailureProps) {
  const known = error instanceof MillraceError ? error : undefined;
  return (
    <Alert color="red" variant="light" title={title} mt="md" role="alert">
      <Text size="sm">{error.message}</Text>
      {known?.details.map(({ path, message }) => (
        <Text size="sm" key={path}>
          {path.replace(/^\//, '')} {message}
        </Text>
      ))}
      {known?.hint !== undefined && <Text size="sm">{known.hint}</Text>}
      {onRetry !== undefined && (
        <Button mt="sm" size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
