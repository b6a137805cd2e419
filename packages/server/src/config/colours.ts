/** Whether to use colours on a terminal; see https://no-color.org. */
export const wantsColours = ({ NO_COLOR }: NodeJS.ProcessEnv = process.env): boolean =>
  NO_COLOR === undefined || NO_COLOR === '';
