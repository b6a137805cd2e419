// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

export const LIMITS = {
  batchMaxMessages: 1_000,
  batchMaxBytes: 16_777_216,
  consumeMaxMessages: 1_000,
  waitMaxSeconds: 20,
  delayMaxSeconds: 604_800,
  visibilityTimeoutMaxSeconds: 43_200,
  lastErrorMaxChars: 4_096,
} as const;
