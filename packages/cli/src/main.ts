import { isServerCommand } from './server-commands.js';

const args = process.argv.slice(2);
const [first = '', second = ''] = args;

// Whoever reads may leave early, as after `| head`. Each write reports what went wrong with it; without a
// listener the process would end with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const isHelpOfServer = first === 'help' && isServerCommand(second);
if (isServerCommand(first) || isHelpOfServer) {
  // The server reads its own flags, and has its own help.
  const { runCommandLine } = await import('@millrace/server/command-line');
  await runCommandLine(isHelpOfServer ? [...args.slice(1), '--help'] : args);
} else if (args.length === 1 && ['--version', '-v', 'version'].includes(first)) {
  const { version } = await import('./version.js');
  process.stdout.write(`${version}\n`);
} else if (first === 'complete') {
  const { complete } = await import('./completion/complete.js');
  await complete(args.slice(args[1] === '--' ? 2 : 1));
} else {
  const { run } = await import('./run.js');
  await run(args);
}
