import { expect, it } from 'vitest';
import { checkLedger } from '../ledger/ledger-checker.js';
import { LedgerScript } from '../ledger/ledger-script.js';

/** The violations that the checker finds in one publish that is refused. */
function check(retryAfter: string | null | undefined, status = 503, code = 'STORE_UNAVAILABLE') {
  const refused = {
    kind: 'refused',
    status,
    code,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  } as const;
  const ledger = new LedgerScript()
    .server(0, 'starting')
    .server(0, 'ready')
    .create()
    .call([10, 11], 'publish', { queue: 'q', payload: '1' }, refused)
    .stats();
  return checkLedger(ledger.events).map(({ detail }) => detail);
}

it('the ledger checker accepts a Retry-After of whole seconds, and ledgers without a record of it', () => {
  expect(check('1')).toEqual([]);
  expect(check('30', 429, 'RATE_LIMITED')).toEqual([]);
  expect(check(undefined)).toEqual([]);
});

it.each([null, '', '0.5', '-1', 'Wed, 21 Oct 2026 07:28:00 GMT'])(
  'the ledger checker reports a Retry-After of %o',
  (retryAfter) => {
    expect(check(retryAfter)).toEqual([`publish: 503 with the Retry-After ${retryAfter}`]);
    expect(check(retryAfter, 429, 'RATE_LIMITED')).toHaveLength(1);
  },
);
