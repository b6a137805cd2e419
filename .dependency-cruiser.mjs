/** The import rules of ARCHITECTURE.md: imports go in one direction only. */
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
        'Modules must not import each other, even for types only: join them, or move the shared part to a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'Every import must resolve; otherwise these rules check nothing.',
      severity: 'error',
      from: {},
      // Vite makes the modules whose names begin with `virtual:`.
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    onlyFrom(
      'protocol-is-a-leaf',
      'protocol imports no other package of ours.',
      '^packages/protocol/src',
      ['^packages/protocol/'],
    ),
    onlyFrom(
      'client-stands-alone',
      'The client imports nothing but itself.',
      '^packages/client/src',
      ['^packages/client/'],
    ),
    onlyFrom(
      'client-entries-stay-apart',
      'Receivers and tests load neither the worker nor each other, apart from the errors that handlers throw.',
      '^packages/client/src/(receiver|testing)/',
      ['^packages/client/src/([^/]+\\.ts$|contract/|$1/|worker/outcomes\\.ts$)'],
    ),
    {
      name: 'client-uses-no-library',
      comment: 'The client has no run-time dependency, and only its test helper may use Node.',
      severity: 'error',
      from: { path: '^packages/client/src', pathNot: '^packages/client/src/testing/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core', 'npm-no-pkg', 'npm-unknown'] },
    },
    onlyFrom(
      'cli-calls-through-the-client',
      'The command line imports the client and the entries of the server that are made for it.',
      '^packages/cli/src',
      [
        '^packages/cli/',
        '^packages/client/dist/(index|transport/payload-texts)\\.',
        '^packages/server/dist/cli/(run-command-line|dev/duration)\\.',
      ],
    ),
    {
      name: 'nobody-imports-the-cli',
      comment: 'It is a program; what others need of it belongs into the client.',
      severity: 'error',
      from: { pathNot: '^packages/cli/' },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'terminal-libraries-stay-in-the-cli',
      comment:
        'Libraries for terminals are loaded by the command line only, when a verb needs them.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: '^packages/cli/' },
      to: { path: 'node_modules/(commander|string-width|cli-progress|log-update|@clack)/' },
    },
    onlyFrom(
      'console-uses-only-the-client',
      'The console makes the public calls, through the client, and knows nothing else of the server.',
      '^packages/console/src',
      [
        '^packages/console/src/',
        '^packages/client/dist/(index|transport/payload-texts)\\.(d\\.ts|js)$',
      ],
    ),
    {
      name: 'pages-stand-on-top',
      comment: 'Only the app of the console imports its pages; what pages share knows no page.',
      severity: 'error',
      from: {
        path: '^packages/console/src/',
        pathNot: '^packages/console/src/(pages/|app\\.tsx$)',
      },
      to: { path: '^packages/console/src/pages/' },
    },
    {
      name: 'console-is-only-built',
      comment: 'The server has the built files of the console, and no package imports it.',
      severity: 'error',
      from: { path: '^packages/(?!console/)' },
      to: { path: '^packages/console/' },
    },
    onlyFrom('core-is-pure', 'core imports only protocol.', `${server}/core`, [
      '^packages/protocol/',
      `${server}/core/`,
    ]),
    ...['store/sqlite', 'store/postgres', 'push', 'maintenance', 'http', 'tracing', 'log'].map(
      (part) =>
        onlyFrom(
          `${part.replace('/', '-')}-stands-apart`,
          'The parts around core import only core and protocol, never each other.',
          `${server}/${part}/`,
          ['^packages/protocol/', `${server}/core/`, `${server}/${part}/`],
        ),
    ),
    onlyFrom(
      'decisions-know-no-engine',
      'The rules of a queue do not depend on the code that forms commit groups, waits or checks keys.',
      `${server}/core/(commands|queue|dead-letters|limits)/`,
      [
        '^packages/protocol/',
        `${server}/core/([^/]+\\.ts$|commands/|queue/|dead-letters/|limits/|store/)`,
      ],
    ),
    onlyFrom(
      'postgres-driver-knows-no-queue',
      'Connections, pipelines and parameters work with any statement and know no queues.',
      `${server}/store/postgres/driver/`,
      [`${server}/core/([^/]+\\.ts$|store/)`, `${server}/store/postgres/driver/`],
    ),
    onlyFrom(
      'tuning-is-walled-off',
      'Code that only makes the store faster knows no rules of a queue, so that it can be removed.',
      `${server}/store/postgres/tuning/`,
      [
        '^packages/protocol/',
        `${server}/core/([^/]+\\.ts$|commands/|queue/|limits/)`,
        `${server}/store/postgres/(driver|tuning)/`,
      ],
    ),
    onlyFrom(
      'egress-knows-no-queue',
      'The address guard knows urls and sockets, but neither messages nor subscriptions.',
      `${server}/push/egress/`,
      [`${server}/core/[^/]+\\.ts$`, `${server}/push/egress/`],
    ),
    onlyFrom(
      'requests-know-no-worker',
      'The code that signs and sends a push does not know the workers that decide to push.',
      `${server}/push/request/`,
      ['^packages/protocol/', `${server}/core/`, `${server}/push/(request|egress)/`],
    ),
    {
      name: 'threads-carry-no-schemas',
      comment: 'Otherwise each thread of the store would load the whole schema library.',
      severity: 'error',
      from: { path: `${server}/(core|store)/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/protocol/',
        pathNot: '/(limits|scopes)\\.',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'openapi-is-loaded-late',
      comment: 'Only the reference loads the OpenAPI document, when it is first asked for.',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src',
        pathNot: ['^packages/protocol/src/openapi/', `${server}/http/reference/`],
      },
      to: { path: '^packages/protocol/(src|dist)/openapi/' },
    },
    onlyFrom(
      'config-stands-apart',
      'config imports nothing from the server except the edit distance.',
      `${server}/config/`,
      ['^packages/protocol/', `${server}/config/`, `${server}/core/edit-distance\\.ts$`],
    ),
    {
      name: 'only-run-server-loads-the-app',
      comment: 'A command loads only what it needs; only run-server loads the whole server.',
      severity: 'error',
      from: {
        path: `${server}/(cli/|main\\.ts$)`,
        pathNot: ['\\.test\\.ts$', `${server}/cli/run-server\\.ts$`],
      },
      // Backup and restore work on the store's file, without the server; dev asks whose files are in use.
      to: {
        path: `${server}/(app\\.ts$|http/|push/|maintenance/|store/)`,
        pathNot: `${server}/store/sqlite/file/(backup|restore|file-lock)\\.ts$`,
      },
    },
    {
      name: 'commands-stand-on-top',
      comment: 'Only main.ts imports the command line.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `${server}/(cli/|main\\.ts$)` },
      to: { path: `${server}/cli/` },
    },
    {
      name: 'only-the-app-knows-push',
      comment: 'Only app.ts imports push, and passes it to the parts that need it.',
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
      name: 'opentelemetry-stays-in-tracing',
      comment: 'Only tracing/ may use more of OpenTelemetry than its API.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/tracing/` },
      to: { path: 'node_modules/@opentelemetry/(?!api/)' },
    },
    {
      name: 'tracing-is-loaded-on-demand',
      comment: 'The SDK of OpenTelemetry is loaded only if traces are on.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `${server}/tracing/` },
      to: { path: `${server}/tracing/`, dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'drivers-stay-in-stores',
      comment: 'Only the code under store/ may use SQL drivers.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/store/` },
      to: { path: 'node_modules/(better-sqlite3|pg|postgres)/' },
    },
  ],
  options: {
    // What the command line imports of built packages is checked, but not what they import.
    doNotFollow: { path: 'node_modules|^packages/(client|server)/dist/' },
    exclude: { path: '(?<!packages/(?:protocol|client|server))/dist/|/test/|/scripts/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      mainFields: ['main', 'types'],
    },
    combinedDependencies: true,
  },
};
