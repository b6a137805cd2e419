/**
 * Says what is wrong with the path of a SQLite store, before it is used; undefined if it is fine. The
 * driver of SQLite trims paths and gives some of them another meaning than that of a file.
 */
export function faultOfStorePath(path: string): string | undefined {
  if (path.trim() === '') {
    return 'must name a file; write sqlite:PATH, for example sqlite:./data/millrace.db';
  }
  if (path.includes('\0')) return 'must not have a zero byte in its path';
  if (path.trim() !== path) return 'must not have white space before or after its path';
  if (path.startsWith(':')) {
    return `must name a file; "${path}" has a special meaning in SQLite. Name a file, for example sqlite:/tmp/millrace.db`;
  }
  if (/^file:/i.test(path)) {
    return 'must be a path, not a file: address, whose parameters would become part of the name; write sqlite:PATH';
  }
  if (path.startsWith('~'))
    return 'must not begin with ~, which no shell has expanded; write the whole path';
  if (/[\\/]$|(^|[\\/])\.\.?$/.test(path)) {
    return `must name a file, not a folder; name a file in it, for example sqlite:${path.replace(/[\\/]+$/, '')}/millrace.db`;
  }
  return undefined;
}
