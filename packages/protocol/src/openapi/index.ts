/** The OpenAPI document. It is an entry of its own, because most servers are never asked for it. */

export * from './document.js';
export { CALLS_IN_ORDER } from './sections.js';
