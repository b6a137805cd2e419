import { Button, NumberInput, PasswordInput, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { usePushSubscribe } from '../../../api/push.js';
import { Dialog } from '../../../design/dialogs/dialog.js';
import { FormActions } from '../../../design/dialogs/form-actions.js';
import { Failure } from '../../../design/failure.js';

interface SubscribeDialogProps {
  readonly queue: string;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Has the messages of the queue posted to a url. */
export function SubscribeDialog({ queue, isOpen, onClose }: SubscribeDialogProps) {
  return (
    <Dialog title={`Push messages of ${queue}`} isOpen={isOpen} onClose={onClose}>
      <SubscribeForm queue={queue} onClose={onClose} />
    </Dialog>
  );
}

function SubscribeForm({ queue, onClose }: Omit<SubscribeDialogProps, 'isOpen'>) {
  const subscription = usePushSubscribe(queue);
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState('');
  const [format, setFormat] = useState<'message' | 'payload'>('message');
  const [maxInFlight, setMaxInFlight] = useState<number | string>(10);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const options = {
      url: url.trim(),
      secret: secret === '' ? undefined : secret,
      format,
      maxInFlight: maxInFlight === '' ? undefined : Number(maxInFlight),
    };
    subscription.mutate(options, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        label="Url"
        description="https, at a public address or in a network that the operator allows"
        placeholder="https://example.com/hooks"
        required
        data-autofocus
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <PasswordInput
        label="Secret"
        description="Signs each push; it is never shown again"
        mt="sm"
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
      />
      <Select
        label="Body of a push"
        mt="sm"
        allowDeselect={false}
        value={format}
        data={[
          { value: 'message', label: 'The whole message as JSON' },
          { value: 'payload', label: 'The payload alone' },
        ]}
        onChange={(value) => setFormat(value === 'payload' ? 'payload' : 'message')}
      />
      <NumberInput
        label="Pushes under way at once"
        mt="sm"
        min={1}
        max={1_000}
        allowDecimal={false}
        value={maxInFlight}
        onChange={setMaxInFlight}
      />
      {subscription.isError && (
        <Failure title="The url was not subscribed" error={subscription.error} />
      )}
      <FormActions onCancel={onClose}>
        <Button type="submit" loading={subscription.isPending}>
          Subscribe
        </Button>
      </FormActions>
    </form>
  );
}
