import { SETTINGS, type SettingName, settingEntry, variableOf } from './settings.js';

const FLAG_COLUMNS = 34;

/** What `millrace --help` prints. */
export function helpText(): string {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { type, default: fallback, help, secret } = settingEntry(name);
    const value = type === 'boolean' ? '' : ` ${type.toUpperCase()}`;
    const flag = secret ? '(no flag)' : `--${name}${value}`;
    const isSet = fallback !== undefined && fallback !== false && String(fallback) !== '';
    const shown = isSet ? ` (${String(fallback)})` : '';
    return `  ${flag.padEnd(FLAG_COLUMNS)} ${variableOf(name)}\n      ${help}${shown}`;
  });
  return `millrace: a message queue over plain HTTP

Usage: millrace serve [flags]

Settings come from flags, then the environment, then a TOML file (names with underscores).

  ${'--config FILE'.padEnd(FLAG_COLUMNS)} MILLRACE_CONFIG
      a TOML file with settings
${rows.join('\n')}
`;
}
