/** Tells the operator one thing, in one line, on stderr. */
export type Say = (line: string) => void;

export const say: Say = (line) => {
  process.stderr.write(`millrace: ${line}\n`);
};

/** A terminal that was closed, or a reader that has ended, is no reason to end in the middle. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
