import { closeSync, openSync, readSync, statSync } from 'node:fs';

/**
 * Reads the files of SQLite without it, as https://www.sqlite.org/fileformat2.html describes them:
 * SQLite plays a WAL into a file as soon as it opens both.
 */

/** What stands in the first page of a database. */
export interface FirstPage {
  readonly schemaCookie: number;
  readonly userVersion: number;
}

const FILE_HEADER_BYTES = 100;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const WAL_MAGIC = 0x377f0682;
/** So far a WAL is searched; the server sees to it that the first page stands near the beginning. */
const FRAMES_MAX = 4_096;

/** Undefined where the file is missing or too short to be a database. */
export function readFirstPage(path: string): FirstPage | undefined {
  return withFile(path, (read) => {
    const header = read(0, FILE_HEADER_BYTES);
    return header === undefined ? undefined : firstPageOf(header);
  });
}

/**
 * The first page as it stands first in a WAL. `none`: nothing was written to it; `unknown`: the first
 * page is not among what was written first.
 */
export function readWalFirstPage(path: string): FirstPage | 'none' | 'unknown' {
  return withFile(path, searchWal) ?? 'none';
}

type Read = (position: number, bytes: number) => Buffer | undefined;

function searchWal(read: Read): FirstPage | 'unknown' | undefined {
  const header = read(0, WAL_HEADER_BYTES);
  if (header === undefined) return undefined;
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) !== WAL_MAGIC) return undefined;
  const sums = new Sums((magic & 1) === 1);
  sums.add(header.subarray(0, 24));
  if (!sums.are(header, 24)) return undefined;
  const pageBytes = header.readUInt32BE(8);
  for (let frame = 0; frame < FRAMES_MAX; frame += 1) {
    const position = WAL_HEADER_BYTES + frame * (FRAME_HEADER_BYTES + pageBytes);
    const bytes = read(position, FRAME_HEADER_BYTES + pageBytes);
    const isOfThisWal = bytes !== undefined && bytes.compare(header, 16, 24, 8, 16) === 0;
    if (!isOfThisWal) return frame === 0 ? undefined : 'unknown';
    const page = bytes.subarray(FRAME_HEADER_BYTES);
    sums.add(bytes.subarray(0, 8));
    sums.add(page);
    // What was cut off by a power failure does not count for SQLite either.
    if (!sums.are(bytes, 16)) return frame === 0 ? undefined : 'unknown';
    if (bytes.readUInt32BE(0) === 1) return firstPageOf(page);
  }
  return 'unknown';
}

const firstPageOf = (page: Buffer): FirstPage => ({
  schemaCookie: page.readUInt32BE(40),
  userVersion: page.readUInt32BE(60),
});

/** The check sums of a WAL, each over all that stands before it. */
class Sums {
  private first = 0;
  private second = 0;

  constructor(private readonly isBigEndian: boolean) {}

  add(bytes: Buffer): void {
    let { first, second } = this;
    for (let at = 0; at < bytes.length; at += 8) {
      first = (first + this.word(bytes, at) + second) >>> 0;
      second = (second + this.word(bytes, at + 4) + first) >>> 0;
    }
    this.first = first;
    this.second = second;
  }

  are(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.first && bytes.readUInt32BE(at + 4) === this.second;
  }

  private word(bytes: Buffer, at: number): number {
    return this.isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }
}

function withFile<T>(path: string, use: (read: Read) => T): T | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const file = openSync(path, 'r');
  try {
    return use((position, count) => {
      const bytes = Buffer.alloc(count);
      return readSync(file, bytes, 0, count, position) === count ? bytes : undefined;
    });
  } finally {
    closeSync(file);
  }
}
