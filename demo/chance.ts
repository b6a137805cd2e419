export const sometimes = (probability: number): boolean => Math.random() < probability;

export const pick = <T>(items: readonly [T, ...T[]] | readonly T[]): T =>
  items[Math.floor(Math.random() * items.length)] as T;
