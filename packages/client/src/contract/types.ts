export type * from './account-types.js';
export type * from './delivery-types.js';
export type * from './message-types.js';
export type * from './push-types.js';
export type * from './queue-types.js';
export type * from './records.js';
