import { readFile } from 'node:fs/promises';

/** Reads parts of PROTOCOL.md for the tests. */

export const readProtocol = (): Promise<string> =>
  readFile(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8');

/** The text under a heading, up to the next heading of the same or a higher level. */
export function sectionOf(document: string, heading: string): string {
  const level = heading.indexOf(' ');
  const lines = document.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`PROTOCOL.md has no heading "${heading}"`);
  const section: string[] = [];
  let inBlock = false;
  for (const line of lines.slice(start + 1)) {
    // In a shell block, a number sign starts a comment.
    if (line.startsWith('```')) inBlock = !inBlock;
    const hashes = /^#+(?= )/.exec(line)?.[0].length;
    if (!inBlock && hashes !== undefined && hashes <= level) break;
    section.push(line);
  }
  return section.join('\n');
}

/** The rows of the first table in a text without its head; the cells are trimmed. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  if (first < 0) return [];
  const after = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines.slice(first + 2, after < 0 ? undefined : first + after).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The shell blocks in order. */
export const shellBlocks = (text: string): string[] =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
