import { CAPABILITIES } from '../capabilities.js';
import { pathsOf } from '../capability.js';
import type { JsonSchema } from '../public-schema.js';
import { PROTOCOL_VERSION } from '../version.js';
import { components } from './components.js';
import { operation } from './operation.js';
import { CALLS_IN_ORDER, SECTIONS } from './sections.js';
import { webhooks } from './webhooks.js';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly servers: readonly JsonSchema[];
  readonly info: JsonSchema;
  readonly tags: readonly JsonSchema[];
  readonly 'x-tagGroups': readonly JsonSchema[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly webhooks: JsonSchema;
  readonly components: JsonSchema;
}

/** Texts in Markdown that the document carries for its readers. */
export interface ReferenceTexts {
  readonly introduction: string;
  /** Pages on the concepts, in reading order. */
  readonly concepts: readonly { readonly title: string; readonly text: string }[];
  /** The rules of each call, by its id. A call without an entry has its short description. */
  readonly rules: ReadonlyMap<string, string>;
  readonly push: string;
}

const NO_TEXTS: ReferenceTexts = {
  introduction:
    'Every answer has the same envelope: `ok`, `data`, `error` and `metadata`. A success is always status 200.',
  concepts: [],
  rules: new Map(),
  push: 'Sent for each message of a queue with a push subscription.',
};

const PUSHES = 'Pushes';

/**
 * All calls as one OpenAPI 3.1 document.
 *
 * @param serverUrl the address of the server, as its clients see it
 */
export function openApiDocument(serverUrl = '/', texts = NO_TEXTS): OpenApiDocument {
  const { introduction, concepts, push } = texts;
  const pages = concepts.map(({ title, text }) => ({ name: title, description: text }));
  const sections = SECTIONS.map(({ name, description }) => ({ name, description }));
  const pushes = { name: PUSHES, description: 'What a receiver of pushes gets.' };
  const groupOf = (name: string, tags: readonly { name: string }[]) => ({
    name,
    tags: tags.map((tag) => tag.name),
  });
  return {
    openapi: '3.1.0',
    servers: [{ url: serverUrl, description: 'The server that this document came from.' }],
    info: {
      title: 'millrace',
      version: PROTOCOL_VERSION,
      summary: 'A self-hosted message queue over plain HTTP.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...pages, ...sections, pushes],
    'x-tagGroups': [
      ...(pages.length > 0 ? [groupOf('Concepts', pages)] : []),
      groupOf('Calls', sections),
      groupOf('Webhooks', [pushes]),
    ],
    paths: paths(texts),
    webhooks: webhooks(PUSHES, push),
    components: components(),
  };
}

function paths({ rules }: ReferenceTexts): Record<string, Record<string, JsonSchema>> {
  const found: Record<string, Record<string, JsonSchema>> = {};
  for (const { name, title, section } of CALLS_IN_ORDER) {
    const { id, method, description } = CAPABILITIES[name];
    const texts = { title, section, rules: rules.get(id) ?? description };
    for (const path of pathsOf(CAPABILITIES[name])) {
      found[path] = { ...found[path], [method.toLowerCase()]: operation(name, path, texts) };
    }
  }
  return found;
}
