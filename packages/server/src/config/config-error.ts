/** The configuration is wrong. The message names the setting and the rule; the process exits with 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
