export { MillraceError } from '../errors.js';
export { Retry } from '../worker/outcomes.js';
export {
  expressReceiver,
  type IncomingPush,
  type OutgoingAnswer,
} from './express-receiver.js';
export { type FastifyServer, fastifyReceiver } from './fastify-receiver.js';
export { fetchReceiver } from './fetch-receiver.js';
export type { ReceivedHeaders } from './headers.js';
export { type PushMessage, verifySignature } from './push-message.js';
export type { PushHandler, ReceiverOptions } from './receive.js';
export type { Secrets, VerifyOptions } from './signature.js';
