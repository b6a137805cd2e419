#!/usr/bin/env node
import { startServer } from './app.js';
import { wantsColours } from './config/colours.js';
import { ConfigError, loadConfig } from './config/config.js';
import { tuneGarbageCollector } from './config/garbage-collector.js';
import { helpText } from './config/help.js';
import { setSystemTimer } from './core/clock.js';
import { causeOf } from './core/fault.js';
import { openProcessLog } from './log/process-log.js';

const STOP_WITHIN_MS = 9_000;

const log = openProcessLog(wantsColours());

async function main(): Promise<void> {
  const [command = 'serve', ...args] = process.argv.slice(2);
  if (command === '--help' || command === '-h' || command === 'help' || args.includes('--help')) {
    process.stdout.write(helpText());
    return;
  }
  if (command !== 'serve') throw new ConfigError(`there is no command "${command}"; see --help`);

  tuneGarbageCollector();
  const server = await startServer(loadConfig(args), {
    failed: (cause) => exit(1, `the store failed: ${causeOf(cause)}`),
    log,
  });
  if (server.firstKey !== undefined) {
    const fields = { api_key: server.firstKey };
    log.tell('info', 'millrace made an API key; it is shown this once', fields);
  }
  process.stdout.write(`millrace listening on ${server.url}\n`);

  const stop = (): void => {
    setSystemTimer(() => exit(1, 'work under way did not end in time'), STOP_WITHIN_MS);
    server.stop().then(
      () => process.exit(0),
      (error: Error) => exit(1, error.message),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function exit(code: number, message: string): never {
  log.tell('error', message);
  process.exit(code);
}

/** What the operator can do about it, where the system's own words do not say. */
function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return `${message}; stop what listens there, or choose another --port`;
  if (code === 'EACCES') return `${message}; choose a --port from 1024 on`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${message}; --host must be an address of this machine`;
  }
  return message;
}

main().catch((error: Error) => exit(error instanceof ConfigError ? 2 : 1, explain(error)));
