import { MantineProvider } from '@mantine/core';
import { Router } from 'wouter';
import { LiveUpdatesProvider } from './api/live-updates.js';
import { theme } from './design/theme.js';
import { Pages } from './pages/pages.js';
import { SessionGate } from './session/session-gate.js';
import { Shell } from './shell/shell.js';

export function App() {
  return (
    // The build makes the style sheets that Mantine would otherwise write into the page.
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <SessionGate>
        <LiveUpdatesProvider>
          <Router base="/console">
            <Shell>
              <Pages />
            </Shell>
          </Router>
        </LiveUpdatesProvider>
      </SessionGate>
    </MantineProvider>
  );
}
