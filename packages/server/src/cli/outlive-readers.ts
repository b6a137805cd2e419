/** A terminal that was closed, or a reader that has ended, is no reason to end in the middle. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
