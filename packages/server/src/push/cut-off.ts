import { EventEmitter } from 'node:events';
import { type PushError, PushFault } from './push-error.js';

/**
 * Calls one attempt off. undici takes an emitter as well as an AbortSignal, and there is one for
 * each post: this one costs a fraction of an AbortController.
 */
export class CutOff extends EventEmitter {
  aborted = false;
  reason: PushFault | undefined;

  abort(error: PushError): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = new PushFault(error);
    this.emit('abort');
  }
}
