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

/** How a field that was refused is called on the command line: by its option, if that was typed. */
export function typedName(field: string, args: readonly string[]): string {
  if (field === 'visibility_timeout' && args[0] === 'extend') return 'the duration';
  const options = OPTIONS[field] ?? [`--${field.replaceAll('_', '-')}`];
  const isTyped = args.some((arg) => options.includes(arg.split('=', 1)[0] ?? ''));
  return isTyped ? (options[0] as string) : field;
}
