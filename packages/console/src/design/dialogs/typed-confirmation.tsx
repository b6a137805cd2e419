import { Button, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Failure } from '../failure.js';
import { Dialog } from './dialog.js';
import { FormActions } from './form-actions.js';

interface Confirmed {
  readonly isPending: boolean;
  readonly error: Error | null;
  mutate(): void;
  reset(): void;
}

interface TypedConfirmationProps {
  readonly title: string;
  /** What will be gone, as a sentence. */
  readonly consequence: string;
  /** What has to be typed. */
  readonly word: string;
  /** On the button. */
  readonly action: string;
  readonly isOpen: boolean;
  readonly mutation: Confirmed;
  onClose(): void;
}

/** For what cannot be undone: the button works only after the word was typed. */
export function TypedConfirmation(props: TypedConfirmationProps) {
  const { title, isOpen, mutation, onClose } = props;
  const close = (): void => {
    mutation.reset();
    onClose();
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close}>
      <Content {...props} onClose={close} />
    </Dialog>
  );
}

function Content({ consequence, word, action, mutation, onClose }: TypedConfirmationProps) {
  const [typed, setTyped] = useState('');
  const isMatch = typed === word;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isMatch) mutation.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Text mb="sm">{consequence}</Text>
      <TextInput
        label={`Type ${word} to confirm`}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {mutation.error !== null && <Failure title="That did not work" error={mutation.error} />}
      <FormActions onCancel={onClose}>
        <Button type="submit" color="red" disabled={!isMatch} loading={mutation.isPending}>
          {action}
        </Button>
      </FormActions>
    </form>
  );
}
