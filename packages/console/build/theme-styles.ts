import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from '@mantine/core';
import type { Plugin } from 'vite';
import { theme } from '../src/design/theme.js';

const NAME = 'virtual:theme.css';
const RESOLVED = '\0virtual:theme.css';

/**
 * Makes the style sheet with the variables of the theme. Mantine would write them into the page when it
 * runs, which the Content-Security-Policy forbids.
 */
export function themeStyles(): Plugin {
  return {
    name: 'theme-styles',
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      const resolved = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      return convertCssVariables(resolved, ':root');
    },
  };
}
