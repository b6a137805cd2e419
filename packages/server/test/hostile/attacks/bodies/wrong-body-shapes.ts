const MEBIBYTE = 1_048_576;

/** Fills the room between start and end with repetitions. */
function filled(bytes: number, start: string, unit: string, end = ''): Buffer {
  const room = bytes - start.length - end.length;
  return Buffer.from(start + unit.repeat(Math.floor(room / unit.length)) + end);
}

/** Members that all differ. */
function numbered(bytes: number, start: string, memberOf: (n: number) => string, end: string) {
  const count = Math.floor((bytes - start.length - end.length) / (memberOf(9_999_999).length + 1));
  return Buffer.from(start + Array.from({ length: count }, (_, n) => memberOf(n)).join(',') + end);
}

const BATCH = '{"queue":"wrong","messages":[';
const PUBLISH_BATCH = '/v1/queue/publish_batch';
const CREATE_KEY = '/v1/account/keys/create';

export interface WrongBody {
  readonly name: string;
  readonly path: string;
  /** Unusual, but allowed by JSON and the contract. */
  readonly isHarmless?: true;
  /** Has at most this size; made when it is sent, because all of them at once would take much memory. */
  make(bytes: number): Buffer;
}

/** The largest size of a batch, and a little less, so that its size alone does not refuse it. */
export const WRONG_BODY_BYTES = 17 * MEBIBYTE - 64;

/** Bodies that are wrong in various ways. */
export const WRONG_BODIES: readonly WrongBody[] = [
  {
    name: 'entries without a payload',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, BATCH, '{},', '{}]}'),
  },
  {
    name: 'entries of a wrong type',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, BATCH, '1,', '1]}'),
  },
  {
    name: 'entries with bad fields',
    path: PUBLISH_BATCH,
    make: (bytes) =>
      filled(bytes, BATCH, '{"payload":1,"priority":"x","delay_seconds":-1},', '{"payload":1}]}'),
  },
  {
    name: 'the most bad entries that are allowed',
    path: PUBLISH_BATCH,
    make: () =>
      Buffer.from(`${BATCH}${'{"priority":"x","delay_seconds":-1},'.repeat(999)}{"payload":1}]}`),
  },
  { name: 'deep lists', path: PUBLISH_BATCH, make: (bytes) => filled(bytes, '', '[') },
  {
    name: 'deep lists in a payload',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, `${BATCH}{"payload":`, '['),
  },
  { name: 'deep objects', path: PUBLISH_BATCH, make: (bytes) => filled(bytes, '', '{"a":') },
  {
    name: 'deep objects that are closed',
    path: PUBLISH_BATCH,
    make(bytes) {
      const depth = Math.floor((bytes - 64) / 6);
      const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
      return Buffer.from(`${BATCH}{"payload":${deep}}]}`);
    },
  },
  {
    name: 'unknown fields',
    path: PUBLISH_BATCH,
    isHarmless: true,
    make: (bytes) => numbered(bytes, '{"queue":"wrong","messages":[],', (n) => `"f${n}":1`, '}'),
  },
  {
    name: 'a long queue name',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, '{"messages":[],"queue":"', 'q', '"}'),
  },
  {
    name: 'a queue that is a list',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, '{"messages":[],"queue":[', '1,', '1]}'),
  },
  {
    name: 'a number of many digits',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, '{"messages":[],"queue":', '1', '}'),
  },
  {
    name: 'escapes',
    path: PUBLISH_BATCH,
    make: (bytes) => filled(bytes, '{"messages":[],"queue":"', '\\u0000', '"}'),
  },
  { name: 'invalid UTF-8', path: PUBLISH_BATCH, make: (bytes) => Buffer.alloc(bytes, 0xff) },
  {
    name: 'cut-off UTF-8 in a name',
    path: PUBLISH_BATCH,
    make: (bytes) => Buffer.concat([Buffer.from('{"queue":"'), Buffer.alloc(bytes - 10, 0xc3)]),
  },
  {
    name: 'headers of a wrong type',
    path: PUBLISH_BATCH,
    make: (bytes) =>
      numbered(bytes, `${BATCH}{"payload":1,"headers":{`, (n) => `"h${n}":1`, '}}]}'),
  },
  {
    name: 'a repeated member',
    path: PUBLISH_BATCH,
    isHarmless: true,
    make: (bytes) => filled(bytes, '{"messages":[],"queue":"wrong"', ',"queue":"wrong"', '}'),
  },
  {
    name: 'white space',
    path: PUBLISH_BATCH,
    isHarmless: true,
    make: (bytes) => filled(bytes, '{"queue":"wrong","messages":[]', ' ', '}'),
  },
  {
    name: 'acks without a message id',
    path: '/v1/queue/ack_batch',
    make: (bytes) => filled(Math.min(bytes, 8 * MEBIBYTE - 64), BATCH, '{},', '{}]}'),
  },
  {
    name: 'too many scopes',
    path: CREATE_KEY,
    make: (bytes) => filled(bytes, '{"scopes":[', '"a",', '"a"]}'),
  },
  {
    name: 'as many scopes as fit into a body',
    path: CREATE_KEY,
    make: () => filled(128 * 1_024 - 64, '{"scopes":[', '"a",', '"a"]}'),
  },
];
