/** On every answer for programs: browsers must not guess another type, and caches must not keep it. */
export const PROTECTING_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;
