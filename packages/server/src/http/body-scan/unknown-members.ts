import { pointerPart } from '../json-pointer.js';

export interface UnknownMember {
  /** The member itself, as a JSON pointer. */
  readonly path: string;
  readonly name: string;
}

const KEPT_MAX = 10;

/** The first members that a call does not know, each once. */
export class UnknownMembers {
  members: readonly UnknownMember[] = [];

  /** @param objectPath where the object of the member stands */
  add(objectPath: string, name: string): void {
    if (this.members.length === KEPT_MAX) return;
    const path = objectPath + pointerPart(name);
    if (this.members.some((member) => member.path === path)) return;
    this.members = [...this.members, { path, name }];
  }

  /** Of an object or list that another one has replaced. */
  forget(objectPath: string): void {
    this.members = this.members.filter(({ path }) => !path.startsWith(`${objectPath}/`));
  }
}
