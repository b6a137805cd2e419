/**
 * The name of a queue as logs and traces show it. A client may send its key as the name of a queue by
 * mistake.
 *
 * @returns undefined for what may be a key
 */
export const shownQueue = (name: string | undefined): string | undefined =>
  name?.startsWith('ifr_') ? undefined : name;
