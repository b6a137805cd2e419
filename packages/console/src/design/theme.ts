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

/** Mantine's own red, yellow and green are too light for text. */
const RED: MantineColorsTuple = [
  '#fdecea',
  '#fbe4e1',
  '#f5b5b0',
  '#ef8d86',
  '#e96a61',
  '#e2544a',
  '#d63d33',
  '#c22e25',
  '#b3261e',
  '#8f1b15',
];
const YELLOW: MantineColorsTuple = [
  '#fff6e0',
  '#ffedc2',
  '#fbdc8f',
  '#f5c95a',
  '#efb731',
  '#e0a412',
  '#c08a00',
  '#9a6d00',
  '#8a5a00',
  '#6b4500',
];
const GREEN: MantineColorsTuple = [
  '#e8f6ec',
  '#d3eedb',
  '#a9dcb9',
  '#7cc995',
  '#56b875',
  '#3ea862',
  '#2b9150',
  '#227f44',
  '#1d7a3f',
  '#125c2d',
];

/** The grounds and lines of the dark scheme, with a little of the water in them. */
const DARK: MantineColorsTuple = [
  '#e4eaef',
  '#c3ced7',
  '#9fb0bd',
  '#74858f',
  '#3a4753',
  '#29333c',
  '#1d252c',
  '#161c22',
  '#0f1418',
  '#0a0d10',
];

export const theme = createTheme({
  primaryColor: 'water',
  primaryShade: { light: 8, dark: 7 },
  colors: { water: WATER, red: RED, yellow: YELLOW, green: GREEN, dark: DARK },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", Menlo, monospace',
  headings: { fontWeight: '600' },
});
