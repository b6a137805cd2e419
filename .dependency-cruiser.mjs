/** The import rules of ARCHITECTURE.md: imports run one way. */
const server = '^packages/server/src';

const onlyFrom = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.ts$' },
  to: { path: '^packages/', pathNot: allowed },
});

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'Modules that need each other, if only for their types, are one module, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'Every import must resolve, or the rules here check nothing.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    onlyFrom('protocol-is-a-leaf', 'protocol imports nothing of ours.', '^packages/protocol/src', [
      '^packages/protocol/',
    ]),
    onlyFrom('core-is-pure', 'core imports protocol only.', `${server}/core`, [
      '^packages/protocol/',
      `${server}/core/`,
    ]),
    ...['store/sqlite', 'store/postgres', 'push', 'maintenance', 'http', 'log'].map((part) =>
      onlyFrom(
        `${part.replace('/', '-')}-stands-apart`,
        'The parts around core import core and protocol, never each other.',
        `${server}/${part}/`,
        ['^packages/protocol/', `${server}/core/`, `${server}/${part}/`],
      ),
    ),
    onlyFrom(
      'decisions-know-no-engine',
      'What a queue is, is decided without knowing what forms commit groups, waits or checks keys.',
      `${server}/core/(queue|dead-letters|limits)/`,
      ['^packages/protocol/', `${server}/core/([^/]+\\.ts$|queue/|dead-letters/|limits/|store/)`],
    ),
    onlyFrom(
      'postgres-driver-knows-no-queue',
      'Connections, pipelines and parameters serve any statement.',
      `${server}/store/postgres/driver/`,
      [`${server}/core/([^/]+\\.ts$|store/)`, `${server}/store/postgres/driver/`],
    ),
    onlyFrom(
      'tuning-is-walled-off',
      'What only makes things faster knows no rule of the queue, so that it can be taken out.',
      `${server}/store/postgres/tuning/`,
      [
        '^packages/protocol/',
        `${server}/core/([^/]+\\.ts$|queue/|limits/)`,
        `${server}/store/postgres/(driver|tuning)/`,
      ],
    ),
    onlyFrom(
      'egress-knows-no-queue',
      'The guard of addresses knows urls and sockets, and neither messages nor subscriptions.',
      `${server}/push/egress/`,
      [`${server}/core/[^/]+\\.ts$`, `${server}/push/egress/`],
    ),
    onlyFrom(
      'requests-know-no-worker',
      'A push is signed and sent without knowing who decides that it is.',
      `${server}/push/request/`,
      ['^packages/protocol/', `${server}/core/`, `${server}/push/(request|egress)/`],
    ),
    {
      name: 'threads-carry-no-schemas',
      comment: 'Threads of the store would load the whole schema library each.',
      severity: 'error',
      from: { path: `${server}/(core|store)/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/protocol/',
        pathNot: '/(limits|scopes)\\.',
        dependencyTypesNot: ['type-only'],
      },
    },
    onlyFrom('config-stands-apart', 'config imports nothing of the server.', `${server}/config/`, [
      '^packages/protocol/',
      `${server}/config/`,
      `${server}/core/edit-distance\\.ts$`,
    ]),
    {
      name: 'only-serve-loads-the-app',
      comment: 'A command loads what it needs: only serve takes the whole server with it.',
      severity: 'error',
      from: {
        path: `${server}/(cli/|main\\.ts$)`,
        pathNot: ['\\.test\\.ts$', `${server}/cli/serve\\.ts$`],
      },
      // Copies of a store are made from its file, without the server.
      to: {
        path: `${server}/(app\\.ts$|http/|push/|maintenance/|store/)`,
        pathNot: `${server}/store/sqlite/file/(backup|restore)\\.ts$`,
      },
    },
    {
      name: 'commands-stand-on-top',
      comment: 'Nothing but main.ts knows the command line.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `${server}/(cli/|main\\.ts$)` },
      to: { path: `${server}/cli/` },
    },
    {
      name: 'only-the-app-knows-push',
      comment: 'Push is handed to those who need it; only app.ts puts it together.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `${server}/(push/|app\\.ts$)` },
      to: { path: `${server}/push/` },
    },
    {
      name: 'outgoing-http-stays-in-push',
      comment: 'Only push sends requests, and only through its address guard.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/push/` },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'drivers-stay-in-stores',
      comment: 'SQL and its drivers stand only under store/.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/store/` },
      to: { path: 'node_modules/(better-sqlite3|pg|postgres)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?<!packages/protocol)/dist/|/test/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      mainFields: ['main', 'types'],
    },
    combinedDependencies: true,
  },
};
