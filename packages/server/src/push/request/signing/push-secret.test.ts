import { describe, expect, it } from 'vitest';
import type { SealedTexts } from '../../../core/queue/push-subscription.js';
import { isOfSecret, isOfUrl } from '../../../core/queue/push-subscription.js';
import { SecretBox } from './push-secret.js';

const URL = 'https://receiver.example/hook?token=abc';
const HEADERS = '{"authorization":"Bearer xyz"}';
const SECRET = 'a secret of the owner';

const PLAIN = new SecretBox([]);
const OLD = new SecretBox(['the-old-key-0123']);
const NEW = new SecretBox(['the-new-key-0123']);
const BOTH = new SecretBox(['the-new-key-0123', 'the-old-key-0123']);

const rowOf = (box: SecretBox, previous: string | null = 'the one before it'): SealedTexts => ({
  ...box.sealUrl(URL),
  headers: box.sealHeaders(HEADERS),
  ...box.seal(SECRET),
  previousSecret: previous === null ? null : box.seal(previous).secret,
});

describe('SecretBox', () => {
  it('leaves nothing readable when it has a key', () => {
    const text = JSON.stringify(rowOf(OLD));
    for (const part of ['receiver', 'abc', 'xyz', 'authorization', 'secret of', 'before it']) {
      expect(text).not.toContain(part);
    }
    expect(OLD.openTexts(rowOf(OLD))).toMatchObject({ url: URL, headers: HEADERS });
    expect(OLD.open(rowOf(OLD).secret as string)).toBe(SECRET);
  });

  it('opens texts that any of its keys has sealed, and plain ones', () => {
    for (const box of [PLAIN, OLD, NEW]) {
      const row = rowOf(box);
      expect(BOTH.openTexts(row)).toMatchObject({ url: URL, headers: HEADERS });
      expect(BOTH.open(row.secret as string)).toBe(SECRET);
    }
    for (const box of [NEW, PLAIN]) {
      expect(box.openTexts(rowOf(OLD))).toBeUndefined();
      expect(box.open(rowOf(OLD).secret as string)).toBeUndefined();
    }
  });

  it('opens and finds texts sealed before its key was one of several, also with white space in the key', () => {
    const listed = new SecretBox(['the-new-key-0123', ' the-old-key-0123']);
    expect(listed.openTexts(rowOf(OLD))).toMatchObject({ url: URL });
    expect(isOfUrl(rowOf(OLD), listed.formsOf(URL, SECRET))).toBe(true);
    const ended = new SecretBox(['the-old-key-0123\n']);
    expect(ended.openTexts(rowOf(ended))).toMatchObject({ url: URL });
    expect(OLD.openTexts(rowOf(ended))).toBeUndefined();
  });

  it.each([
    ['plain, without a key', PLAIN, PLAIN],
    ['plain, with a key since then', PLAIN, OLD],
    ['sealed', OLD, OLD],
    ['sealed, with a new key since then', OLD, BOTH],
    ['sealed under the new key, with the old one still there', NEW, BOTH],
  ])('finds a url and a secret that are stored %s', (_how, written, asked) => {
    const forms = asked.formsOf(URL, SECRET);
    expect([isOfUrl(rowOf(written), forms), isOfSecret(rowOf(written), forms)]).toEqual([
      true,
      true,
    ]);
    const others = asked.formsOf(`${URL}x`, `${SECRET}x`);
    expect([isOfUrl(rowOf(written), others), isOfSecret(rowOf(written), others)]).toEqual([
      false,
      false,
    ]);
  });

  it.each([
    ['plain', PLAIN],
    ['under another key', OLD],
  ])(
    'seals texts stored %s again, so that the first key alone opens and finds them',
    (_how, written) => {
      const row = BOTH.sealAnew(rowOf(written)) as SealedTexts;
      expect(NEW.openTexts(row)).toMatchObject({ url: URL, headers: HEADERS });
      expect(NEW.open(row.secret as string)).toBe(SECRET);
      expect(NEW.open(row.previousSecret as string)).toBe('the one before it');
      const forms = NEW.formsOf(URL, SECRET);
      expect([isOfUrl(row, forms), isOfSecret(row, forms)]).toEqual([true, true]);
      expect(BOTH.sealAnew(row)).toBe(row);
    },
  );

  it('seals a row again when only a part of it is sealed under another key', () => {
    const row = { ...rowOf(NEW), previousSecret: OLD.seal('before').secret };
    expect(NEW.open(BOTH.sealAnew(row)?.previousSecret as string)).toBe('before');
    const bare = { ...rowOf(OLD, null), headers: null, secret: null, secretDigest: null };
    expect(BOTH.sealAnew(bare)).toMatchObject({ headers: null, secret: null, secretDigest: null });
  });

  it('leaves a row unchanged when it cannot open it, or has no key itself', () => {
    expect(NEW.sealAnew(rowOf(OLD))).toBeUndefined();
    const row = rowOf(OLD);
    expect(PLAIN.sealAnew(row)).toBe(row);
  });
});
