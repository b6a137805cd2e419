import { loadConfig } from '../config/config.js';
import type { RunCommand } from './command.js';
import { runServer } from './run-server.js';

export const run: RunCommand = (args) =>
  runServer({
    loadConfig: () => loadConfig(args),
    announcement: (url) => `millrace listening on ${url}\n`,
  });
