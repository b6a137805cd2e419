import { Badge } from '@mantine/core';

const COLOURS: Readonly<Record<string, string>> = {
  available: 'green',
  leased: 'water',
  delayed: 'yellow',
  dead: 'red',
};

/** The state of a message. Its name says it too, so nobody needs the colour. */
export const StateBadge = ({ state }: { readonly state: string }) => (
  <Badge variant="light" radius="sm" tt="none" color={COLOURS[state]}>
    {state === 'dead' ? 'dead letter' : state}
  </Badge>
);
