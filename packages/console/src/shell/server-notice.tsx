import { Alert } from '@mantine/core';
import { useReadiness } from '../api/readiness.js';

/** Says that the server does not answer, or has stopped publishing for lack of space. */
export function ServerNotice() {
  const { data, isError } = useReadiness();
  if (isError) {
    return (
      <Notice title="The server does not answer">
        What you see is the last answer. It is asked again every few seconds.
      </Notice>
    );
  }
  if (data?.problem !== undefined) {
    return <Notice title="The server cannot reach its store">{data.problem}</Notice>;
  }
  if (data?.publishingStopped !== undefined) {
    return (
      <Notice title="Publishing has stopped">
        {data.publishingStopped}. Consuming and settling continue where they find room. Free some
        space.
      </Notice>
    );
  }
  return null;
}

const Notice = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children: React.ReactNode;
}) => (
  <Alert color="red" variant="light" title={title} mb="md" role="alert">
    {children}
  </Alert>
);
