import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { formatCount } from '../format.js';
import { ScrollRegion } from '../scroll-region.js';
import { indentedJson } from './json-text.js';
import { tokensOf } from './json-tokens.js';
import classes from './json-view.module.css';

/** Longer texts are cut, because a page with a megabyte of spans is slow. */
const MAX_CHARACTERS = 100_000;

interface JsonViewProps {
  /** JSON text, whose numbers and strings are shown as they were written. */
  readonly json: string;
  readonly label: string;
}

/** JSON with colours. Every part of it is a text, so markup in it stays text. */
export function JsonView({ json, label }: JsonViewProps) {
  const tokens = useMemo(() => tokensOf(indentedJson(json, MAX_CHARACTERS)), [json]);
  const isCut = tokens.reduce((sum, { text }) => sum + text.length, 0) === MAX_CHARACTERS;
  return (
    <>
      <ScrollRegion label={label} className={classes.json}>
        {tokens.map(({ kind, text, at }) => (
          <span key={at} className={classes[kind]}>
            {text}
          </span>
        ))}
      </ScrollRegion>
      {isCut && (
        <Text size="sm" c="dimmed">
          The rest is not shown: the text has {formatCount(json.length)} characters.
        </Text>
      )}
    </>
  );
}
