import { SETTINGS, type SettingName, settingEntry, variableOf } from './settings.js';

const FLAG_COLUMNS = 34;
const COMMAND_COLUMNS = 12;

/** The text that `millrace serve --help` prints. */
export function helpText(commands: Readonly<Record<string, { readonly summary: string }>>): string {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { type, default: fallback, help, secret } = settingEntry(name);
    const value = type === 'boolean' ? '' : ` ${type.toUpperCase()}`;
    const flag = secret ? '(no flag)' : `--${name}${value}`;
    const isSet = fallback !== undefined && fallback !== false && String(fallback) !== '';
    const shown = isSet ? ` (${String(fallback)})` : '';
    return `  ${flag.padEnd(FLAG_COLUMNS)} ${variableOf(name)}\n      ${help}${shown}`;
  });
  const names = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(COMMAND_COLUMNS)} ${summary}`,
  );
  return `millrace: a message queue over plain HTTP

Usage: millrace [command] [flags]

${names.join('\n')}

Settings are taken from flags, then from the environment, then from a TOML file (where names are
written with underscores). Defaults are given in parentheses.

  ${'--config FILE'.padEnd(FLAG_COLUMNS)} MILLRACE_CONFIG
      a TOML file with settings
${rows.join('\n')}
`;
}
