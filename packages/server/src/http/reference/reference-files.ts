import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OpenApiText } from './openapi-text.js';
import { referencePage } from './page.js';

/** The files behind /docs, which the build writes beside this one. */
export interface ReferenceFiles {
  readonly page: Buffer;
  /** Compressed by gzip. */
  readonly scalar: Buffer;
  readonly start: Buffer;
  readonly openApi: OpenApiText;
}

const read = (name: string): Promise<Buffer> => readFile(new URL(name, import.meta.url));

/** The scripts are named with a digest of both, so that a browser may keep them for good. */
export async function readReferenceFiles(): Promise<ReferenceFiles> {
  const names = ['scalar.js.gz', 'browser/start.js', 'PROTOCOL.md'];
  const [scalar, start, protocol] = (await Promise.all(names.map(read))) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const digest = createHash('sha256').update(scalar).update(start).digest('hex');
  return {
    page: Buffer.from(referencePage(digest.slice(0, 12))),
    scalar,
    start,
    openApi: new OpenApiText(protocol.toString()),
  };
}
