/** What the host offers beside the web platform. Browsers offer nothing of it, and the client works. */
interface Host {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** A variable of the environment, where there is one. */
export function environmentVariable(name: string): string | undefined {
  const value = (globalThis as Host).process?.env?.[name];
  return value === '' ? undefined : value;
}
