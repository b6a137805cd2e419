/** The commands of the server. They are passed on as they stand, and are here for the help. */
export const SERVER_COMMANDS: Readonly<Record<string, string>> = {
  serve: 'runs the server',
  dev: 'runs the server for development and tests, with a clock that you control',
  backup: 'copies a SQLite store, even while a server uses it',
  restore: 'replaces a SQLite store by a backup',
};

export const isServerCommand = (name: string): boolean => Object.hasOwn(SERVER_COMMANDS, name);
