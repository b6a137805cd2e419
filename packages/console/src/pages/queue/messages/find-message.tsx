import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import classes from './message-list.module.css';

/** Opens the message with an id, wherever in the queue it is. */
export function FindMessage({ onFind }: { onFind(messageId: string): void }) {
  const [messageId, setMessageId] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (messageId.trim() !== '') onFind(messageId.trim());
  };
  return (
    <form className={classes.end} onSubmit={submit}>
      <TextInput
        aria-label="Message id"
        placeholder="Message id"
        value={messageId}
        onChange={(event) => setMessageId(event.currentTarget.value)}
      />
      <Button type="submit" variant="default">
        Find
      </Button>
    </form>
  );
}
