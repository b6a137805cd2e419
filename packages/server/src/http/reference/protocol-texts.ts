import { CAPABILITIES } from '@millrace/protocol';
import { CALLS_IN_ORDER, type ReferenceTexts } from '@millrace/protocol/openapi';

/** A heading of a Markdown document with the text up to the next heading. */
interface Block {
  readonly level: number;
  readonly title: string;
  readonly text: string;
}

/** The sections of PROTOCOL.md that are pages of the reference, in its order. */
const CONCEPTS = [
  'The life of a message',
  'Receipts and late answers',
  'Dead letters',
  'FIFO queues',
  'Idempotency',
  'Push delivery',
  'Signatures',
  'Requests',
  'Answers',
  'Errors',
  'Limits',
  'Keys and scopes',
  'A worker',
];

/**
 * The texts of the reference, taken from PROTOCOL.md, so that both say the same.
 *
 * @param serverUrl the address that the introduction names
 * @throws if the document lacks a section of the reference
 */
export function protocolTexts(markdown: string, serverUrl: string): ReferenceTexts {
  const blocks = blocksOf(markdown);
  const ids = Object.values(CAPABILITIES).map(({ id }) => id);
  return {
    introduction: introduction(serverUrl),
    concepts: CONCEPTS.map((title) => ({ title, text: linked(pageOf(blocks, title)) })),
    rules: new Map(ids.map((id) => [id, linked(rulesOf(blocks, id))])),
    push: linked(blockOf(blocks, 'The request').text),
  };
}

const introduction = (serverUrl: string): string => `
A message queue over plain HTTP: JSON in, JSON out. Set these two variables, and the examples run as they
stand, in a shell, in TypeScript, in Python and with the program \`millrace\`:

\`\`\`sh
export MILLRACE_URL=${serverUrl}
export MILLRACE_API_KEY=ifr_…
\`\`\`

To send a call from this page, enter a key under Authentication and press *Test Request*. The request
goes to this server only, and the key is forgotten when the page is closed.

Every answer has the same [envelope](/docs#tag/answers): \`ok\`, \`data\`, \`error\` and \`metadata\`. A
success is always status 200. Programs find the same facts in \`/openapi.json\` and \`/v1/discovery\`.
`;

function blocksOf(markdown: string): Block[] {
  const blocks: { level: number; title: string; lines: string[] }[] = [];
  let inCode = false;
  for (const line of markdown.split('\n')) {
    // In a shell block, a number sign starts a comment.
    if (line.startsWith('```')) inCode = !inCode;
    const [, hashes, title] = (!inCode && /^(#+) (.+)$/.exec(line)) || [];
    if (hashes !== undefined && title !== undefined) {
      blocks.push({ level: hashes.length, title, lines: [] });
    } else {
      blocks.at(-1)?.lines.push(line);
    }
  }
  return blocks.map(({ level, title, lines }) => ({ level, title, text: lines.join('\n').trim() }));
}

function blockOf(blocks: readonly Block[], title: string): Block {
  const found = blocks.find((block) => block.title === title);
  if (found === undefined) throw new Error(`PROTOCOL.md has no section "${title}"`);
  return found;
}

/** A section with its subsections, apart from those that are pages of their own. */
function pageOf(blocks: readonly Block[], title: string): string {
  const block = blockOf(blocks, title);
  const after = blocks.slice(blocks.indexOf(block) + 1);
  const end = after.findIndex(({ level }) => level <= block.level);
  const inner = after
    .slice(0, end < 0 ? undefined : end)
    .filter((section) => !CONCEPTS.includes(section.title))
    .map((section) => `### ${section.title}\n\n${section.text}`);
  return [block.text, ...inner].join('\n\n');
}

/** The rules of a call. Its path, its answer and its examples are elsewhere in the reference. */
const rulesOf = (blocks: readonly Block[], id: string): string =>
  blockOf(blocks, id)
    .text.replace(/^```[\s\S]*?^```$/gm, '')
    .split(/\n{2,}/)
    .filter((paragraph) => !/^(`[A-Z]+ \/|Returns )/.test(paragraph))
    .join('\n\n')
    .trim();

/** Links within PROTOCOL.md lead to the pages made of it; links to other documents are left out. */
const linked = (text: string): string =>
  text.replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (whole, label: string, target: string) => {
    if (/^https?:/.test(target)) return whole;
    const page = PAGES.get(target);
    return page === undefined ? label : `[${label}](/docs#${page})`;
  });

const slug = (title: string): string => title.toLowerCase().replaceAll(' ', '-');

/** Where each anchor of PROTOCOL.md is in the reference, as Scalar names its parts. */
const PAGES = new Map([
  ...CONCEPTS.map((title): [string, string] => [`#${slug(title)}`, `tag/${slug(title)}`]),
  ...CALLS_IN_ORDER.map(({ name, section }): [string, string] => {
    const { id } = CAPABILITIES[name];
    return [`#${id.replaceAll('.', '')}`, `tag/${slug(section)}/${id}`];
  }),
]);
