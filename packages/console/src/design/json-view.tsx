import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { hasInexactNumber, tokensOf } from './json-tokens.js';
import classes from './json-view.module.css';
import { ScrollRegion } from './scroll-region.js';

/** Longer texts are cut, because a page with a megabyte of spans is slow. */
const MAX_CHARACTERS = 100_000;

interface JsonViewProps {
  readonly value: unknown;
  readonly label: string;
}

/** JSON with colours. Every part of it is a text, so markup in it stays text. */
export function JsonView({ value, label }: JsonViewProps) {
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? '', [value]);
  const tokens = useMemo(() => tokensOf(text.slice(0, MAX_CHARACTERS)), [text]);
  return (
    <>
      <ScrollRegion label={label} className={classes.json}>
        {tokens.map(({ kind, text: part, at }) => (
          <span key={at} className={classes[kind]}>
            {part}
          </span>
        ))}
      </ScrollRegion>
      {text.length > MAX_CHARACTERS && (
        <Text size="sm" c="dimmed">
          The rest is not shown: the text has {text.length} characters.
        </Text>
      )}
      {hasInexactNumber(value) && (
        <Text size="sm" c="dimmed">
          It contains a number that browsers cannot hold exactly. Consumers get the exact text; read
          it with curl.
        </Text>
      )}
    </>
  );
}
