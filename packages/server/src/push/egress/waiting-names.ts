/** One attempt that waits for the addresses of a name. */
export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Names that wait for their lookup. Projects take turns, however many names each has waiting. A name is
 * removed when the last attempt that waits for it is given up.
 */
export class WaitingNames<T> {
  /** By project, with the project whose turn is next first, and by name. */
  private readonly projects = new Map<string, Map<string, Set<Waiter<T>>>>();

  constructor(private readonly namesPerProjectMax: number) {}

  /** Returns false if the project has too many names waiting. */
  add(project: string, name: string, waiter: Waiter<T>): boolean {
    const names = this.projects.get(project) ?? new Map<string, Set<Waiter<T>>>();
    const waiters = names.get(name);
    if (waiters === undefined && names.size >= this.namesPerProjectMax) return false;
    names.set(name, (waiters ?? new Set()).add(waiter));
    this.projects.set(project, names);
    return true;
  }

  remove(project: string, name: string, waiter: Waiter<T>): void {
    const waiters = this.projects.get(project)?.get(name);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.forget(project, name);
  }

  /** Takes the next name for which `mayGo` is true. */
  take(mayGo: (name: string) => boolean): { name: string; waiters: Set<Waiter<T>> } | undefined {
    for (const [project, names] of this.projects) {
      for (const [name, waiters] of names) {
        if (!mayGo(name)) continue;
        this.forget(project, name);
        // This project has had its turn, so it moves behind the others.
        if (this.projects.delete(project)) this.projects.set(project, names);
        return { name, waiters };
      }
    }
    return undefined;
  }

  private forget(project: string, name: string): void {
    const names = this.projects.get(project);
    names?.delete(name);
    if (names?.size === 0) this.projects.delete(project);
  }
}
