/** Whether a terminal may be written to in colours; see https://no-color.org. */
export const wantsColours = ({ NO_COLOR }: NodeJS.ProcessEnv = process.env): boolean =>
  NO_COLOR === undefined || NO_COLOR === '';
