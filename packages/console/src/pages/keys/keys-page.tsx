import { Title } from '@mantine/core';

export default function KeysPage() {
  return (
    <Title order={1} size="h3">
      Keys
    </Title>
  );
}
