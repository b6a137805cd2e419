import { Button } from '@mantine/core';
import { Pause, Play } from 'lucide-react';
import { useLiveUpdates } from '../api/live-updates.js';
import classes from './shell.module.css';

/** Stops and continues the updates of all views. */
export function LiveToggle() {
  const { isLive, toggle } = useLiveUpdates();
  return (
    <Button
      size="compact-sm"
      variant={isLive ? 'subtle' : 'light'}
      color={isLive ? undefined : 'yellow'}
      leftSection={isLive ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
      aria-label={isLive ? 'Pause live updates' : 'Paused: resume live updates'}
      onClick={toggle}
    >
      <span className={classes.toggle}>{isLive ? 'Live' : 'Paused'}</span>
    </Button>
  );
}
