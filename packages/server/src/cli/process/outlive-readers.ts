/** Keeps the process running when the terminal or the reader of its output has gone. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
