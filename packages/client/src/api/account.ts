import { CALLS } from '../contract/calls.js';
import type {
  AuditEntry,
  AuditParams,
  CreateKeyParams,
  CreateKeyReturns,
  KeyRecord,
  ListKeysParams,
  RevokeKeyReturns,
  WhoamiReturns,
} from '../contract/types.js';
import type { CallOptions } from '../transport/options.js';
import type { CallMaker } from './call-maker.js';
import type { Pages } from './pages.js';

/** Keys and the audit log, for keys with the scope `admin`, and what the client's own key may do. */
export class Account {
  readonly #calls: CallMaker;
  readonly keys: Keys;

  constructor(calls: CallMaker) {
    this.#calls = calls;
    this.keys = new Keys(calls);
  }

  /** The project and the scopes of the key of this client. Any valid key may ask. */
  whoami(options: CallOptions = {}): Promise<WhoamiReturns> {
    return this.#calls.call(CALLS.whoami, options);
  }

  /** Administrative calls that were done or refused, newest first. */
  audit(options: AuditParams & CallOptions = {}): Pages<AuditEntry> {
    return this.#calls.pages(CALLS.audit, options);
  }
}

/** The API keys of all projects. */
export class Keys {
  readonly #calls: CallMaker;

  constructor(calls: CallMaker) {
    this.#calls = calls;
  }

  /** Creates a key. The `key` of the answer is its secret, which is never shown again. */
  create(options: CreateKeyParams & CallOptions = {}): Promise<CreateKeyReturns> {
    return this.#calls.call(CALLS.createKey, options);
  }

  /** Lists the keys, revoked ones included, without their secrets. */
  list(options: ListKeysParams & CallOptions = {}): Pages<KeyRecord> {
    return this.#calls.pages(CALLS.listKeys, options);
  }

  /** Revokes a key for good. */
  revoke(keyId: string, options: CallOptions = {}): Promise<RevokeKeyReturns> {
    return this.#calls.call(CALLS.revokeKey, options, { keyId });
  }
}
