import { describe, expect, it } from 'vitest';
import { HELP, parseCommandLine } from './command-line.js';
import { FAULT_KINDS } from './kinds/index.js';

const runsOf = (...args: string[]) =>
  parseCommandLine(args).runs.map(({ kind, store, nodes }) => `${kind.name} ${store} ${nodes}`);

describe('the command line of the fault tests', () => {
  it('runs the kind kill on SQLite by default', () => {
    expect(runsOf()).toEqual(['kill sqlite 1']);
    expect(runsOf('--store', 'postgres')).toEqual(['kill postgres 3']);
  });

  it('runs a kind on every store that it supports', () => {
    expect(runsOf('--kind', 'clock-jumps')).toEqual([
      'clock-jumps sqlite 1',
      'clock-jumps postgres 2',
    ]);
    expect(runsOf('--kind', 'host-lost')).toEqual(['host-lost postgres 2']);
  });

  it('runs all kinds that the store supports', () => {
    const expected = FAULT_KINDS.filter(({ stores }) => stores.includes('sqlite')).map(
      ({ name }) => `${name} sqlite 1`,
    );
    expect(runsOf('--kind', 'all', '--store', 'sqlite')).toEqual(expected);
    expect(runsOf('--kind', 'all')).toHaveLength(
      FAULT_KINDS.flatMap(({ stores }) => stores).length,
    );
  });

  it('lists every kind in its help', () => {
    for (const { name } of FAULT_KINDS) expect(HELP).toContain(`    ${name} `);
  });

  it.each([
    ['--kind', 'thunder'],
    ['--kind', 'host-lost', '--store', 'sqlite'],
    ['--store', 'sqlite', '--nodes', '2'],
    ['--rounds', '0'],
    ['--plant', 'weeds'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseCommandLine(args)).toThrow(TypeError);
  });
});
