export const JSON_TYPE = 'application/json; charset=utf-8';

/** A value as an answer: a terminal, or a log of answers, wants a line for each. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;
