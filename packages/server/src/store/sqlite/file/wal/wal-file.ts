import { closeSync, openSync, readSync, statSync } from 'node:fs';

/**
 * Reads SQLite's files without SQLite, as https://www.sqlite.org/fileformat2.html describes them: SQLite
 * applies a WAL to its file as soon as it opens both.
 */

/** Fields of the first page of a database. */
export interface FirstPage {
  readonly schemaCookie: number;
  readonly userVersion: number;
}

const FILE_HEADER_BYTES = 100;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const WAL_MAGIC = 0x377f0682;
/**
 * How many frames of a WAL are searched; the server makes sure that the first page is near the start.
 */
const FRAMES_MAX = 4_096;

/** Undefined if the file is missing or too short to be a database. */
export function readFirstPage(path: string): FirstPage | undefined {
  return withFile(path, (read) => {
    const header = read(0, FILE_HEADER_BYTES);
    return header === undefined ? undefined : firstPageOf(header);
  });
}

/**
 * The earliest copy of the first page in a WAL. `none`: the WAL contains nothing; `unknown`: the first
 * page is not among its first frames.
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
    // SQLite also ignores a frame that was cut off by a power failure.
    if (!sums.are(bytes, 16)) return frame === 0 ? undefined : 'unknown';
    if (bytes.readUInt32BE(0) === 1) return firstPageOf(page);
  }
  return 'unknown';
}

const firstPageOf = (page: Buffer): FirstPage => ({
  schemaCookie: page.readUInt32BE(40),
  userVersion: page.readUInt32BE(60),
});

/** The checksums of a WAL, each over everything before it. */
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
