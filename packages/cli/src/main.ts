import { isServerCommand } from './server-commands.js';

const args = process.argv.slice(2);
const [first = '', second = ''] = args;

// Whoever reads may leave early, as after `| head`. Each write reports what went wrong with it; without a
// listener the process would end with a stack trace.
let unwritten: NodeJS.ErrnoException | undefined;
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error) => {
  unwritten = error;
});

const isHelpOfServer = first === 'help' && isServerCommand(second);
if (isServerCommand(first) || isHelpOfServer) {
  // The server reads its own flags, and has its own help.
  const { runCommandLine } = await import('@millrace/server/command-line');
  await runCommandLine(isHelpOfServer ? [...args.slice(1), '--help'] : args);
} else {
  process.on('exit', failIfUnwritten);
  await runVerb();
}

async function runVerb(): Promise<void> {
  if (args.length === 1 && ['--version', '-v', 'version'].includes(first)) {
    const { version } = await import('./version.js');
    process.stdout.write(`${version}\n`);
    return;
  }
  if (first === 'complete') {
    const { complete } = await import('./completion/complete.js');
    return complete(args.slice(args[1] === '--' ? 2 : 1));
  }
  const { run } = await import('./run.js');
  await run(args);
}

/** A help or a script that a full disk did not take; verbs await their own writes. */
function failIfUnwritten(code: number): void {
  if (code !== 0 || unwritten === undefined || unwritten.code === 'EPIPE') return;
  process.stderr.write(`millrace: the output cannot be written: ${unwritten.message}\n`);
  process.exitCode = 1;
}
