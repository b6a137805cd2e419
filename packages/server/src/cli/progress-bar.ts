import type { CopyProgress } from '../store/sqlite/file/backup.js';

const BAR_COLUMNS = 30;
const MIB = 2 ** 20;

/** Shows the progress of a copy in one line of a terminal. Writes nothing if there is no terminal. */
export class ProgressBar {
  private shown = '';

  constructor(private readonly stream: NodeJS.WriteStream) {}

  show(progress: CopyProgress): void {
    this.draw(lineOf(progress));
  }

  clear(): void {
    this.draw('');
  }

  private draw(line: string): void {
    if (!this.stream.isTTY || line === this.shown) return;
    this.shown = line;
    this.stream.write(`\r\u001b[2K${line}`);
  }
}

export function lineOf({ step, doneBytes, totalBytes }: CopyProgress): string {
  if (step === 'check') return 'checking the copy …';
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_COLUMNS - filled);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${mebibytes(doneBytes)} of ${mebibytes(totalBytes)} MiB`;
}

const mebibytes = (bytes: number): string => (bytes / MIB).toFixed(1);
