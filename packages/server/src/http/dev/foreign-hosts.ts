import type { ErrorBody } from '@millrace/protocol';
import type { FastifyInstance } from 'fastify';
import { sendError } from '../answers/envelope.js';
import { isPlainHost } from '../connection/plain-host.js';

/** Everybody knows the key of dev mode, so a web page in the developer's browser could use it. */
export function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { host } = request.raw.headers;
    if (host !== undefined && !isPlainHost(host)) sendError(request, reply, foreignHost(host));
    else done();
  });
}

const foreignHost = (host: string): ErrorBody => ({
  code: 'INVALID_REQUEST',
  message: `In dev mode the header Host must be an IP address or localhost, not ${host.slice(0, 200)}.`,
  hint: 'Use the address that millrace dev has printed.',
});
