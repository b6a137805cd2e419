export const JSON_TYPE = 'application/json; charset=utf-8';

/** A value as JSON with a line feed, so that a terminal or a log of answers shows each on a line. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;
