import { editDistance } from '../../core/edit-distance.js';

/** A path of the server as the contract writes it, with parameters such as `{queue}`, and its methods. */
export interface Route {
  readonly path: string;
  readonly methods: readonly string[];
}

/** Longer paths are not compared, because anybody may ask for them. */
const COMPARED_MAX_CHARS = 300;
/** Segments that a caller may have left out: each call is still recognised without them. */
const LEFT_OUT = /^(v1|queue|account|keys|\{\w+\})$/;

/**
 * The route that a path without one probably stands for: one part of the path is misspelt, missing or too
 * much, and the method is right.
 *
 * @returns such as `POST /v1/queue/publish/{queue}`
 */
export function nearestRoute(
  method: string,
  path: string,
  routes: readonly Route[],
): string | undefined {
  if (path.length > COMPARED_MAX_CHARS) return undefined;
  const asked = path.split('/').slice(1);
  const nearest = routes.find(
    (route) => route.methods.includes(method) && isOneOff(asked, route.path.split('/').slice(1)),
  );
  return nearest && `${method} ${nearest.path}`;
}

function isOneOff(asked: readonly string[], known: readonly string[]): boolean {
  const shorter = Math.min(asked.length, known.length);
  let start = 0;
  while (start < shorter && fits(asked[start], known[start])) start += 1;
  let end = 0;
  while (start + end < shorter && fits(asked.at(-1 - end), known.at(-1 - end))) end += 1;
  const [wrong = '', ...moreWrong] = asked.slice(start, asked.length - end);
  const [expected = '', ...moreExpected] = known.slice(start, known.length - end);
  if (moreWrong.length > 0 || moreExpected.length > 0) return false;
  if (asked.length > known.length) return known[0] !== '';
  if (asked.length < known.length) return LEFT_OUT.test(expected);
  return isMisspelt(wrong, expected);
}

const fits = (segment = '', known = ''): boolean =>
  known.startsWith('{') ? segment !== '' : segment === known;

function isMisspelt(segment: string, known: string): boolean {
  const lettersOffMax = Math.min(2, Math.floor(known.length / 3));
  if (Math.abs(segment.length - known.length) > lettersOffMax) return false;
  return editDistance(segment.toLowerCase(), known) <= lettersOffMax;
}
