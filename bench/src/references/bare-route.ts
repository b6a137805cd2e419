import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killOnExit, stopChild } from '../servers/child-process.js';

/** The text that each path of the bare route answers with. */
export type FixedAnswers = Record<string, string>;

export interface BareRoute {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

const childFile = fileURLToPath(new URL('./bare-route-child.ts', import.meta.url));

/** Starts the reference: the minimum that a Fastify server can do for the same bytes. */
export async function startBareRoute(answers: FixedAnswers): Promise<BareRoute> {
  const child = fork(childFile, { execArgv: ['--import', 'tsx'] });
  killOnExit(child);
  child.send(answers);
  const port = await Promise.race([
    once(child, 'message').then(([message]) => message as number),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the bare route ended before it listened (${code})`);
    }),
  ]);
  return { port, pid: child.pid as number, stop: () => stopChild(child) };
}
