/** The dev server that a developer means: `millrace dev` prints the variable, to be set in other terminals. */
export const devServerUrl = ({ MILLRACE_URL }: NodeJS.ProcessEnv = process.env): string =>
  MILLRACE_URL || 'http://127.0.0.1:8080';
