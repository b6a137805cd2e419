/** Each command is in a file of its own, which loads only the modules that the command needs. */
export interface Command {
  /** One line for `--help`. */
  readonly summary: string;
  /** Set if the command has a --help page of its own; the others are on the general page. */
  readonly explainsItself?: true;
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}

export type RunCommand = (
  args: readonly string[],
  commands: Readonly<Record<string, Command>>,
) => Promise<void>;
