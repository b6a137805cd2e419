import type { PushFormat } from '../core/push-subscription.js';
import { fieldRefusal, type Refusal, refuse } from '../core/refusal.js';
import { headerFault } from './message-headers.js';
import type { Networks } from './networks.js';
import { judgeUrl } from './push-url.js';
import { isShortSecret, SECRET_MIN_BYTES, secretFault } from './signing.js';

/** What a subscription may say, as far as it shows before anything is sent. */
export const createSettingsJudge = (networks: Networks) => ({
  judgeUrl(url: string): Refusal | undefined {
    const judged = judgeUrl(url, networks);
    if (judged.verdict === 'ok') return undefined;
    if (judged.verdict === 'invalid') return fieldRefusal('/url', judged.rule);
    return refuse('URL_NOT_ALLOWED', `url ${judged.rule}`, {
      hint: judged.hint,
      details: [{ path: '/url', message: judged.rule }],
    });
  },

  judgeSecret(secret: string): Refusal | undefined {
    const rule = secretFault(secret);
    return rule === undefined ? undefined : fieldRefusal('/secret', rule);
  },

  /** What holds for new secrets only. */
  judgeNewSecret(secret: string): Refusal | undefined {
    if (!isShortSecret(secret)) return undefined;
    const rule = `must be a key of ${SECRET_MIN_BYTES} bytes or more; what stands behind whsec_ counts decoded`;
    return fieldRefusal('/secret', rule);
  },

  judgeAllowedHeaders(names: readonly string[]): Refusal | undefined {
    for (const [index, name] of names.entries()) {
      const rule = headerFault(name, '', 'payload');
      if (rule !== undefined) return fieldRefusal(`/allowed_message_headers/${index}`, rule);
    }
    return undefined;
  },

  judgeHeaders(headers: Record<string, string>, format: PushFormat): Refusal | undefined {
    for (const [name, value] of Object.entries(headers)) {
      const rule = headerFault(name, value, format);
      if (rule !== undefined)
        return fieldRefusal(`/headers/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`, rule);
    }
    return undefined;
  },
});
