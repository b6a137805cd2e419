import { MillraceError } from '@millrace/client';
import { AnswerError, detailsOf, LinesFailed } from '../../errors.js';
import { counted } from '../../output/counted.js';
import { numberRanges } from '../../output/number-ranges.js';

interface Failed {
  readonly line: number;
  readonly error: unknown;
}

/** What has become of the lines of the input, so that whoever resends can leave out what is stored. */
export class LineTally {
  #stored = 0;
  /** The last line that was handed over. */
  #tried = 0;
  readonly #underWay = new Set<number>();
  readonly #refused: number[] = [];
  /** The answer for them was lost. */
  readonly #unknown: number[] = [];
  #first: Failed | undefined;

  get stored(): number {
    return this.#stored;
  }

  get hasFailed(): boolean {
    return this.#first !== undefined;
  }

  begin(line: number): void {
    this.#tried = line;
    this.#underWay.add(line);
  }

  markStored(line: number): void {
    this.#underWay.delete(line);
    this.#stored += 1;
  }

  markFailed(line: number, error: unknown): void {
    this.#underWay.delete(line);
    this.#first ??= { line, error };
    // What the client cannot read is no refusal either.
    const isUnknown = !(error instanceof MillraceError) || error.mayHaveTakenEffect;
    (isUnknown ? this.#unknown : this.#refused).push(line);
  }

  /**
   * The failure of the run.
   *
   * @param stop what ended the input early, if that was not a line that failed
   * @param hasMore whether there are lines after the last one that was handed over
   */
  failure(stop: Error | undefined, hasMore: boolean): LinesFailed {
    const unknown = [...this.#unknown, ...this.#underWay].sort((a, b) => a - b);
    const first = this.#first && aboutLine(this.#first);
    const causes = [stop, first].filter((cause) => cause !== undefined);
    const counts = [
      `${counted(this.#stored, 'message')} stored`,
      ...(this.#refused.length > 0 ? [`${this.#refused.length} refused`] : []),
      ...(unknown.length > 0 ? [`${unknown.length} unknown`] : []),
    ];
    const message = `${causes.map((cause) => cause.message).join('; ')} (${counts.join(', ')})`;
    const lines = {
      stored: this.#stored,
      refused: [...this.#refused].sort((a, b) => a - b),
      unknown,
      notTriedFrom: hasMore ? this.#tried + 1 : undefined,
    };
    return new LinesFailed(message, causes[0], lines, this.#notes(lines));
  }

  #notes({ refused, unknown, notTriedFrom }: LinesFailed['lines']): string[] {
    const missing = `Of the lines up to ${this.#tried}, these are not stored`;
    const lost = 'Whether these lines are stored is not known';
    return [
      ...(refused.length > 0 ? [`${missing}: ${numberRanges(refused)}.`] : []),
      ...(unknown.length > 0 ? [`${lost}: ${numberRanges(unknown)}.`] : []),
      ...(notTriedFrom === undefined ? [] : [`The lines from ${notTriedFrom} on were not tried.`]),
    ];
  }
}

/** The failure of one line, without the paths of a batch, which only this program made. */
function aboutLine({ line, error }: Failed): Error {
  if (!(error instanceof MillraceError)) return new AnswerError('message_ids');
  const { code, status, hint, requestId, mayHaveTakenEffect } = error;
  const details = detailsOf(error).map(({ path, message }) => ({
    path: path.replace(/^\/messages\/\d+/, ''),
    message,
  }));
  const [detail] = details;
  const rule =
    detail === undefined || detail.path === ''
      ? error.message.replace(/^messages\/\d+\/?/, '')
      : `${detail.path.slice(1)} ${detail.message}`;
  const message = `line ${line} ${fate(status, mayHaveTakenEffect)}: ${rule}`;
  return new MillraceError({ code, status, hint, requestId, message, details });
}

function fate(status: number | undefined, isUnknown: boolean): string {
  if (isUnknown) return 'may not be stored';
  return status === undefined ? 'was not stored' : 'was refused';
}
