/** Tells of a failure that no caller can be told. */
export const reportFailure = (what: string, error: unknown): void =>
  console.error(`millrace: ${what} failed:`, error);

/** Calls a function of the user whose failure, at once or later, must not be that of this package. */
export function callUser(what: string, call: () => unknown): void {
  const failed = (error: unknown): void => reportFailure(what, error);
  try {
    const result = call();
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}
