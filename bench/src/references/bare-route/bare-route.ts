import { forkChild, nextMessage, stopChild } from '../../servers/child-process.js';

/** The text that each path of the bare route answers with. */
export type FixedAnswers = Record<string, string>;

export interface BareRoute {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Starts the reference: the minimum that a Fastify server can do for the same bytes. */
export async function startBareRoute(answers: FixedAnswers): Promise<BareRoute> {
  const child = forkChild(new URL('./bare-route-child.ts', import.meta.url));
  child.send(answers);
  const port = await nextMessage<number>(child, 'the bare route');
  return { port, pid: child.pid as number, stop: () => stopChild(child) };
}
