import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** The colour of deep water; shade 8 on white and shade 4 on the dark ground are readable as text. */
const WATER: MantineColorsTuple = [
  '#e8f7fa',
  '#d3ecf2',
  '#a6d9e5',
  '#76c4d7',
  '#4fb3cb',
  '#369fb9',
  '#238aa4',
  '#157790',
  '#0c6478',
  '#075161',
];

export const theme = createTheme({
  primaryColor: 'water',
  primaryShade: { light: 8, dark: 7 },
  colors: { water: WATER },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  fontFamily: 'ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", Menlo, monospace',
  headings: { fontWeight: '600' },
});
