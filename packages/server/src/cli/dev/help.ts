import { DEV_API_KEY } from '../../config/dev/dev-key.js';

export const DEV_HELP = `Usage: millrace dev [--port N] [--json] [--stop-with-stdin] [flags]
       millrace dev clock show [--url URL] [--json]
       millrace dev clock advance DURATION [--url URL] [--json]

Runs the server for development and tests. Its data is in a temporary folder, which is removed when the
server ends. Queues are created when they are first used, pushes may go to this machine, and the log is
readable. The key is the same for everybody, so the server listens on this machine only:

  ${DEV_API_KEY}

  --port N         the port (8080); 0: any free port
  --json           prints one line of JSON when the server listens: url, api_key, pid, data_folder
  --stop-with-stdin
                   stops when standard input ends, as it does when the program that started the server
                   has ended
  flags            those of the server, except --store; see millrace serve --help. Variables are not read.

The clock runs as usual until you advance it. Then everything that has become due happens at once:
delays and leases end, messages pass their retention, pushes are tried again, and the server forgets
idempotency keys and deduplication ids. An advance is one jump: what waits several times, such as a push
with its backoff, needs an advance for each wait.

  DURATION         for example 7d, 90s, 1h30m or 500ms; a number alone is in seconds
  --url URL        the server (MILLRACE_URL, or else http://127.0.0.1:8080)
  --json           prints the clock as JSON: now, ahead_seconds

Examples:

  millrace dev
  millrace dev --port 0 --json
  millrace dev --log-level debug --max-queue-messages 1000
  millrace dev clock advance 7d
  millrace dev clock show --url http://127.0.0.1:43521
`;
