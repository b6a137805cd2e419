/** One attempt that wants the addresses of a name. */
export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Names that wait for their lookup. Projects take turns, whatever each of them wants, and a name goes
 * when the last attempt that wanted it was given up.
 */
export class WaitingNames<T> {
  /** By project, the one whose turn it is first, and by name. */
  private readonly projects = new Map<string, Map<string, Set<Waiter<T>>>>();

  constructor(private readonly namesPerProjectMax: number) {}

  /** False where the project has too many that wait. */
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

  /** The next name that may go. */
  take(mayGo: (name: string) => boolean): { name: string; waiters: Set<Waiter<T>> } | undefined {
    for (const [project, names] of this.projects) {
      for (const [name, waiters] of names) {
        if (!mayGo(name)) continue;
        this.forget(project, name);
        // It was this project's turn; now it comes behind the others.
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
