import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Moon, Sun } from 'lucide-react';

/** Light or dark. At first it is what the system says. */
export function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const next = useComputedColorScheme('light') === 'light' ? 'dark' : 'light';
  return (
    <ActionIcon
      variant="subtle"
      aria-label={`Switch to ${next} colours`}
      onClick={() => setColorScheme(next)}
    >
      {next === 'dark' ? <Moon size={16} aria-hidden /> : <Sun size={16} aria-hidden />}
    </ActionIcon>
  );
}
