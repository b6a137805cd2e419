import type { SingleBar } from 'cli-progress';

/** Shows on a terminal how far the lines of the input have been published. */
export class LineProgress {
  private constructor(
    private readonly bar: SingleBar | undefined,
    private readonly totalBytes: number | undefined,
  ) {}

  /** @param totalBytes the size of the input, if it is known */
  static async start(totalBytes: number | undefined): Promise<LineProgress> {
    if (!process.stderr.isTTY) return new LineProgress(undefined, totalBytes);
    const { Presets, SingleBar } = await import('cli-progress');
    const format =
      totalBytes === undefined
        ? '{messages} messages, {duration} s'
        : '[{bar}] {percentage} %, {messages} messages, {eta} s left';
    const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: true };
    const bar = new SingleBar(options, Presets.legacy);
    bar.start(totalBytes ?? Number.MAX_SAFE_INTEGER, 0, { messages: 0 });
    return new LineProgress(bar, totalBytes);
  }

  show(messages: number, endByte: number): void {
    this.bar?.update(this.totalBytes === undefined ? messages : endByte, { messages });
  }

  end(): void {
    this.bar?.stop();
  }
}
