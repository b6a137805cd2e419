import { pointerPart } from '../json-pointer.js';

export interface UnknownMember {
  /** The member itself, as a JSON pointer. */
  readonly path: string;
  readonly name: string;
}

const KEPT_MAX = 10;

/** The first members that a call does not know. */
export class UnknownMembers {
  private found: readonly UnknownMember[] = [];

  get isFull(): boolean {
    return this.found.length === KEPT_MAX;
  }

  /** @param objectPath where the object of the member stands */
  add(objectPath: string, name: string): void {
    this.found = [...this.found, { path: objectPath + pointerPart(name), name }];
  }

  /** Of an object or list that another one has replaced. */
  forget(objectPath: string): void {
    if (this.found.length === 0) return;
    this.found = this.found.filter(({ path }) => !path.startsWith(`${objectPath}/`));
  }

  /** Each once, though it may stand there several times. */
  list(): UnknownMember[] {
    return [...new Map(this.found.map((member) => [member.path, member])).values()];
  }
}
