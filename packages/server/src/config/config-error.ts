/** The configuration is wrong; the message says which setting and the rule. The process exits 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
