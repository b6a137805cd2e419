/** The key lives as long as the tab, and is never part of an address. */
const NAME = 'millrace.key';

export const storedKey = (): string | null => sessionStorage.getItem(NAME);
export const storeKey = (key: string): void => sessionStorage.setItem(NAME, key);
export const forgetKey = (): void => sessionStorage.removeItem(NAME);
