import { resolve } from 'node:path';
import { fileNameOf, type SettingName, settingEntry } from './settings.js';

/** Settings as the log shows them at the start. */
type Shown = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Settings that are shown in another form: as urls, or by `storeShown`. */
const SHOWN_OTHERWISE: ReadonlySet<SettingName> = new Set([
  'host',
  'port',
  'metrics-listen',
  'store',
  'store-file',
  'store-direct',
]);

/** The settings that differ from their default, by their names in a file, without secrets. */
export function changedSettings(
  names: readonly SettingName[],
  valueOfSetting: (name: SettingName) => unknown,
): Shown {
  const shown = names.filter((name) => !SHOWN_OTHERWISE.has(name) && !settingEntry(name).secret);
  const changed = shown.filter((name) => {
    const value = valueOfSetting(name);
    return value !== undefined && String(value) !== String(settingEntry(name).default);
  });
  return Object.fromEntries(
    changed.map((name) => [fileNameOf(name), valueOfSetting(name)]),
  ) as Shown;
}

/** The store, without user and password. */
export function storeShown(store: string): Shown {
  if (store.startsWith('sqlite:')) {
    return { store: 'sqlite', path: resolve(store.slice('sqlite:'.length)) };
  }
  const { hostname, port, pathname } = new URL(store);
  const host = port === '' ? hostname : `${hostname}:${port}`;
  return { store: 'postgres', database_host: host, database: pathname.slice(1) };
}
