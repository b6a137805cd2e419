import { ConfigError } from '../../config/config-error.js';
import { loadDevConfig } from '../../config/dev/dev-config.js';
import { DEV_API_KEY } from '../../config/dev/dev-key.js';
import { AdvanceableClock } from '../../core/advanceable-clock.js';
import { monotonicClock } from '../../core/clock.js';
import type { RunCommand } from '../command.js';
import { runServer } from '../run-server.js';
import { DEV_HELP } from './help.js';
import { stopWithStdin } from './stop-with-stdin.js';
import { removeFoldersLeft, temporaryFolder } from './temporary-folder.js';

/** The flags that are not those of the server. */
const OWN_FLAGS: ReadonlySet<string> = new Set(['--json', '--stop-with-stdin']);

/** Runs the production server on data that nobody keeps, with a clock that can be advanced. */
export const run: RunCommand = async (args) => {
  const [first = '--', ...rest] = args;
  if (args.includes('--help')) {
    process.stdout.write(DEV_HELP);
    return;
  }
  if (first === 'clock') {
    const { runClock } = await import('./clock.js');
    return runClock(rest);
  }
  if (!first.startsWith('-')) {
    throw new ConfigError(`there is no command "dev ${first}"; see millrace dev --help`);
  }
  const flags = args.filter((arg) => !OWN_FLAGS.has(arg));
  const folder = temporaryFolder();
  const describe = args.includes('--json') ? jsonLine : linesForPeople;
  if (args.includes('--stop-with-stdin')) stopWithStdin();
  await runServer({
    loadConfig: () => loadDevConfig(flags, folder),
    makeClock: (earliestMs) => new AdvanceableClock(monotonicClock(earliestMs)),
    announcement: (url) => describe(url, folder),
    readsByPeople: true,
  });
  await removeFoldersLeft(folder);
};

const jsonLine = (url: string, folder: string): string =>
  `${JSON.stringify({ url, api_key: DEV_API_KEY, pid: process.pid, data_folder: folder })}\n`;

const linesForPeople = (url: string): string =>
  `millrace listening on ${url}
export MILLRACE_URL=${url} MILLRACE_API_KEY=${DEV_API_KEY}
`;
