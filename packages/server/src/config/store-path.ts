/**
 * Says what is wrong with the path of a SQLite store, before anything is made of it; undefined where
 * nothing is. The driver of SQLite trims a path and takes some for what is no file.
 */
export function faultOfStorePath(path: string): string | undefined {
  if (path.trim() === '') return 'names no file; write sqlite:PATH, as sqlite:./data/millrace.db';
  if (path.includes('\0')) return 'has a zero byte in its path';
  if (path.trim() !== path) return 'must not have white space before or behind its path';
  if (path.startsWith(':')) {
    return `names no file but what SQLite calls "${path}"; millrace keeps messages in a file: name one, as sqlite:/tmp/millrace.db`;
  }
  if (/^file:/i.test(path)) {
    return 'takes a path and no file: address, whose parameters would be part of the name; write sqlite:PATH';
  }
  if (path.startsWith('~')) return 'has a ~ that no shell has replaced; write the whole path';
  if (/[\\/]$|(^|[\\/])\.\.?$/.test(path)) {
    return `names a folder; name a file in it, as sqlite:${path.replace(/[\\/]+$/, '')}/millrace.db`;
  }
  return undefined;
}
