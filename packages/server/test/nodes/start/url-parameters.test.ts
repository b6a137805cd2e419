import pg from 'pg';
import { expect, it } from 'vitest';
import { faultOfPostgresUrl } from '#server/config/values/postgres-url';

it('every parameter that the driver would use is accepted', () => {
  // The driver keeps what it has read from the url on the client.
  const unset = JSON.stringify(parametersOf('postgres://user@host/db'));
  const names = Object.keys(parametersOf('postgres://user@host/db')).filter(
    (name) => !DERIVED.includes(name),
  );
  for (const name of [...names, 'password']) {
    const value = { port: '1', ssl: 'true', sslnegotiation: 'postgres' }[name] ?? 'x';
    const url = `postgres://user@host/db?${name}=${value}`;
    if (JSON.stringify(parametersOf(url)) === unset) continue;
    expect(faultOfPostgresUrl(url), name).toBeUndefined();
  }
  expect(names).toContain('statement_timeout');
});

/** Only the options of the program set these; `binary` and `keepalives` have no effect in the driver. */
const DERIVED = ['binary', 'isDomainSocket', 'connect_timeout', 'keepalives', 'keepalives_idle'];

function parametersOf(connectionString: string): Record<string, unknown> {
  const client = new pg.Client({ connectionString });
  return (client as unknown as { connectionParameters: Record<string, unknown> })
    .connectionParameters;
}
