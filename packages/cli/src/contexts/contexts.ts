import { UsageError } from '../errors.js';
import { type Context, contextsPath, readContexts, writeContexts } from './contexts-file.js';

/** A context by its name, or the current one. @throws UsageError if there is none of that name */
export function findContext(name: string | undefined): Context | undefined {
  const { current, contexts } = readContexts();
  const wanted = name ?? current;
  if (wanted === undefined) return undefined;
  return contexts.get(wanted) ?? unknown(wanted, [...contexts.keys()]);
}

/** The names with their servers; a key never leaves this file but for a call. */
export function listContexts() {
  const { current, contexts } = readContexts();
  return [...contexts].map(([name, { url }]) => ({ name, url, current: name === current }));
}

/** Adds or replaces a context. The first one becomes the current one. */
export function addContext(name: string, context: Context): void {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new UsageError('the name of a context must have 1 to 64 of A-Z a-z 0-9 . _ -');
  }
  const { current, contexts } = readContexts();
  contexts.set(name, context);
  writeContexts({ current: current ?? name, contexts });
}

export function useContext(name: string): void {
  const { contexts } = readContexts();
  if (!contexts.has(name)) unknown(name, [...contexts.keys()]);
  writeContexts({ current: name, contexts });
}

export function removeContext(name: string): void {
  const { current, contexts } = readContexts();
  if (!contexts.delete(name)) unknown(name, [...contexts.keys()]);
  writeContexts({ current: current === name ? undefined : current, contexts });
}

function unknown(name: string, known: readonly string[]): never {
  const there = known.length === 0 ? 'there are none yet' : `there are: ${known.join(', ')}`;
  throw new UsageError(
    `there is no context "${name}" in ${contextsPath()}; ${there}`,
    'Add it with: millrace context add NAME --url URL',
  );
}
