/** On every answer for programs: no browser takes it for something else, and nobody keeps it. */
export const PROTECTING_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;
