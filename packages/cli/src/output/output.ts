import { styleText } from 'node:util';
import { CliError, ReaderGone } from '../errors.js';
import { wantsColours } from './colours.js';

type Style = Parameters<typeof styleText>[0];

/** Where a verb writes: results on stdout, for people or as JSON, and remarks on stderr. */
export class Output {
  constructor(readonly isJson: boolean) {}

  /** Whether somebody watches the remarks. */
  get isWatched(): boolean {
    return process.stderr.isTTY === true;
  }

  /** One result: a line of JSON, or what `people` makes of it. */
  async record(record: object, people: () => string | Promise<string>): Promise<void> {
    if (this.isJson) await this.json(record);
    else await this.write(await people());
  }

  /** The results of a list: a line of JSON for each, as it comes, or all of them for people. */
  async list<Item extends object>(
    items: AsyncIterable<Item> | Iterable<Item>,
    people: (items: Item[]) => string | Promise<string>,
  ): Promise<void> {
    const gathered: Item[] = [];
    for await (const item of items) {
      if (this.isJson) await this.json(item);
      else gathered.push(item);
    }
    if (!this.isJson) await this.write(await people(gathered));
  }

  /** Writes a record as a line of JSON. @throws ReaderGone */
  async json(record: object): Promise<void> {
    const { jsonLine } = await import('./json-line.js');
    await this.write(jsonLine(record));
  }

  /**
   * Writes a line on stdout, and resolves when the system has taken it.
   *
   * @throws ReaderGone
   * @throws CliError if the output cannot be written, as on a full disk
   */
  write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(`${line}\n`, (error) => (error ? reject(writeError(error)) : resolve()));
    });
  }

  /** A remark for whoever watches, never part of the result. */
  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Text in a colour, if stdout shows colours. */
  paint(style: Style, text: string): string {
    return wantsColours(process.stdout) ? styleText(style, text, { validateStream: false }) : text;
  }
}

const writeError = (error: NodeJS.ErrnoException): Error =>
  error.code === 'EPIPE'
    ? new ReaderGone('nobody reads the output')
    : new CliError(`the output cannot be written: ${error.message}`);
