import { readFile } from 'node:fs/promises';

/** PROTOCOL.md as the tests read it. */

export const readProtocol = (): Promise<string> =>
  readFile(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8');

/** The text under a heading, up to the next one of its level or above. */
export function sectionOf(document: string, heading: string): string {
  const level = heading.split(' ', 1)[0] as string;
  const start = document.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`PROTOCOL.md has no heading "${heading}"`);
  const rest = document.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The rows of the first table in a text, without its head; cells without their white space. */
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

/** The shell blocks, in their order. */
export const shellBlocks = (text: string): string[] =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
