import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useRefreshQueue } from '../../../api/queue.js';
import { useSession } from '../../../session/session.js';
import { type RedrivePlan, type RedriveProgress, redrive } from './redrive.js';

const NOTHING: RedriveProgress = { done: 0, redriven: 0 };

/** Runs a redrive and tells how far it is. It ends when its dialog does. */
export function useRedrive(queue: string) {
  const { millrace } = useSession();
  const refresh = useRefreshQueue(queue);
  const [progress, setProgress] = useState(NOTHING);
  const control = useRef<AbortController | null>(null);
  const stop = (): void => control.current?.abort();
  useEffect(() => () => control.current?.abort(), []);
  const run = useMutation({
    mutationFn: (plan: RedrivePlan) => {
      const controller = new AbortController();
      control.current = controller;
      setProgress(NOTHING);
      return redrive(millrace.queue(queue), plan, controller.signal, setProgress);
    },
    onSettled: refresh,
  });
  return { run, progress, stop };
}
