import type { Command } from 'commander';
import { positiveNumber } from '../../input/option-values.js';
import { addVerb, runsOnServer } from '../verb.js';
import type { BenchFlags } from './bench-run.js';

export function addBench(program: Command): void {
  const command = addVerb(program, {
    usage: 'bench',
    summary: 'publishes, consumes and acks messages as fast as it can',
    details:
      'It creates a queue of its own and deletes it at the end. This program and the network count too, ' +
      'so the numbers compare settings and machines, not servers.',
    examples: [
      'bench',
      'bench --messages 100000 --batch 500',
      'bench --batch 1 --concurrency 64 --json',
    ],
  })
    .option('--messages <n>', 'how many messages', positiveNumber, 20_000)
    .option('--batch <n>', 'messages in a call, up to 1000', positiveNumber, 100)
    .option('--concurrency <n>', 'calls at once', positiveNumber, 16)
    .option('--size <bytes>', 'the size of a payload', positiveNumber, 256);
  runsOnServer<[], BenchFlags>(command, async (session, _, flags) => {
    const { runBench } = await import('./bench-run.js');
    await runBench(session, flags);
  });
}
