import { Title } from '@mantine/core';
import { useParams } from 'wouter';

export default function QueuePage() {
  const { queue = '' } = useParams<{ queue: string }>();
  return (
    <Title order={1} size="h3">
      {queue}
    </Title>
  );
}
