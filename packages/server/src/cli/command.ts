/** Each command is a file of its own, which loads what it needs and nothing of the others. */
export interface Command {
  /** One line for `--help`. */
  readonly summary: string;
  /** It has a page of its own for --help; the others are on the page for all. */
  readonly explainsItself?: true;
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}

export type RunCommand = (
  args: readonly string[],
  commands: Readonly<Record<string, Command>>,
) => Promise<void>;
