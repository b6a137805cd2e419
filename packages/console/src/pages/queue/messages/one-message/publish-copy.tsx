import { Button, Text } from '@mantine/core';
import { Copy } from 'lucide-react';
import { useMay } from '../../../../session/session.js';

/** Leads to the publish form, filled with the message. */
export function PublishCopy({ onOpen }: { onOpen(): void }) {
  if (!useMay('publish')) return null;
  return (
    <div>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Copy size={14} aria-hidden />}
        onClick={onOpen}
      >
        Publish a copy
      </Button>
      <Text size="sm" c="dimmed" mt={4}>
        You can change it first. This message stays where it is.
      </Text>
    </div>
  );
}
