/**
 * Says what to do if SQLite itself, which is a compiled module, cannot be loaded.
 *
 * @returns undefined for any other error
 */
export function faultOfNativeModule(error: Error & { code?: string }): string | undefined {
  if (error.message.startsWith('Could not locate the bindings file')) {
    return 'SQLite is not installed, because the install script of better-sqlite3 has not run. Allow it (npm install-scripts approve better-sqlite3, or pnpm approve-builds), then run npm rebuild or pnpm rebuild.';
  }
  if (error.code === 'ERR_DLOPEN_FAILED') {
    return 'SQLite cannot be loaded, because better-sqlite3 was compiled for another version of Node.js or another system. Run npm rebuild better-sqlite3.';
  }
  return undefined;
}
