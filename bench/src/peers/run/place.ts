import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Stores } from '../../servers/stores.js';

/** Where a peer keeps its data for one turn. */
export interface Place {
  /** An empty folder, removed after the turn. */
  folder: string;
  /** Creates databases on a PostgreSQL server that all turns share. */
  stores: Stores;
}

/** The folders and databases of a run, all of which are gone at its end. */
export class Places {
  readonly stores: Stores;
  #turns = 0;
  #isEnding = false;

  private constructor(readonly root: string) {
    this.stores = new Stores({ store: 'postgres', dataDir: dirname(root) });
  }

  static async create(dataDir = tmpdir()): Promise<Places> {
    return new Places(await mkdtemp(join(dataDir, 'millrace-peers-')));
  }

  /** Removing what a peer wrote also keeps the kernel from writing it out in the turn of the next. */
  async use<T>(work: (place: Place) => Promise<T>): Promise<T> {
    if (this.#isEnding) throw new Error('the run was ended');
    this.#turns += 1;
    const folder = join(this.root, `turn-${this.#turns}`);
    await mkdir(folder);
    try {
      return await work({ folder, stores: this.stores });
    } finally {
      await removeFolder(folder);
    }
  }

  /** Ends the run: no further turn begins. */
  async remove(): Promise<void> {
    this.#isEnding = true;
    await removeFolder(this.root);
    await this.stores.stop();
  }
}

/** A server that was killed may still write its last files. */
const removeFolder = (folder: string) =>
  rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
