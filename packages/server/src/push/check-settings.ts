import type { PushFormat } from '../core/queue/push-subscription.js';
import { fieldRefusal, type Refusal, refuse } from '../core/refusal.js';
import type { Networks } from './egress/networks.js';
import { checkUrl } from './egress/push-url.js';
import { headerFault } from './request/message-headers.js';
import { isShortSecret, SECRET_MIN_BYTES, secretFault } from './request/signing/signing.js';

/** Checks the settings of a subscription, as far as possible before anything is sent. */
export const createSettingsCheck = (networks: Networks) => ({
  checkUrl(url: string): Refusal | undefined {
    const checked = checkUrl(url, networks);
    if (checked.verdict === 'ok') return undefined;
    if (checked.verdict === 'invalid') return fieldRefusal('/url', checked.rule);
    return refuse('URL_NOT_ALLOWED', `url ${checked.rule}`, {
      hint: checked.hint,
      details: [{ path: '/url', message: checked.rule }],
    });
  },

  checkSecret(secret: string): Refusal | undefined {
    const rule = secretFault(secret);
    return rule === undefined ? undefined : fieldRefusal('/secret', rule);
  },

  /** The rule that applies to new secrets only. */
  checkNewSecret(secret: string): Refusal | undefined {
    if (!isShortSecret(secret)) return undefined;
    const rule = `must be a key of ${SECRET_MIN_BYTES} bytes or more; base64 after whsec_ counts decoded`;
    return fieldRefusal('/secret', rule);
  },

  checkAllowedHeaders(names: readonly string[]): Refusal | undefined {
    for (const [index, name] of names.entries()) {
      const rule = headerFault(name, '', 'payload');
      if (rule !== undefined) return fieldRefusal(`/allowed_message_headers/${index}`, rule);
    }
    return undefined;
  },

  checkHeaders(headers: Record<string, string>, format: PushFormat): Refusal | undefined {
    for (const [name, value] of Object.entries(headers)) {
      const rule = headerFault(name, value, format);
      if (rule !== undefined)
        return fieldRefusal(`/headers/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`, rule);
    }
    return undefined;
  },
});
