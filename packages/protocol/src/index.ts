export * from './capabilities.js';
export * from './errors.js';
export * from './limits.js';
export * from './schemas/keys.js';
export * from './schemas/messages.js';
export * from './schemas/queues.js';
export * from './scopes.js';
