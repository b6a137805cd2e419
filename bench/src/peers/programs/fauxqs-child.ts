import { buildApp } from 'fauxqs';

// Its own command would listen on all addresses.
const server = buildApp({ logger: false });
await server.listen({ host: '127.0.0.1', port: 0 });
process.send?.(server.server.address());
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => process.exit());
