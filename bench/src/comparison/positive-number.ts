export function positive(name: string, text: string, isAllowed = Number.isInteger): number {
  const value = Number(text);
  if (!(value > 0) || !isAllowed(value)) throw new Error(`--${name} cannot be ${text}`);
  return value;
}
