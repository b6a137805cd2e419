/** The options whose names differ from those of the fields that they set. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  allowed_message_headers: ['--allow-message-header'],
  delay_seconds: ['--delay'],
  expires_at: ['--expires'],
  headers: ['--header'],
  max_messages: ['--max', '-n'],
  message_group_id: ['--group'],
  message_id: ['--message'],
  scopes: ['--scope'],
};

/** Fields in seconds, whose options take 8d as well. */
const SECONDS = new Set(['delay_seconds', 'visibility_timeout', 'visibility_timeout_default']);

/**
 * What the server says of a field, in terms of the command line.
 *
 * @param field with its position, if it is an entry of a list: `scopes/0`
 */
export function typedRule(text: string, field: string, args: readonly string[]): string {
  const name = field.replace(/\/\d+$/, '');
  const typed = typedName(name, args);
  const isBareNumber = SECONDS.has(name) && /\d$/.test(text);
  // What was not typed, such as an entry of a batch, keeps its full name.
  const named = typed === name ? text : text.replace(`${field} `, `${typed} `);
  return isBareNumber ? `${named} seconds` : named;
}

/** How a field that was refused is called on the command line: by its option, if that was typed. */
function typedName(field: string, args: readonly string[]): string {
  if (field === 'visibility_timeout' && args[0] === 'extend') return 'the duration';
  if (field === 'url' && args[0] === 'push') return 'the receiver';
  const options = OPTIONS[field] ?? [`--${field.replaceAll('_', '-')}`];
  const isTyped = args.some((arg) => options.includes(arg.split('=', 1)[0] ?? ''));
  return isTyped ? (options[0] as string) : field;
}
