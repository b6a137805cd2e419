import { editDistance } from '../../core/edit-distance.js';

interface Name {
  readonly words: readonly string[];
  /** The words joined, without separators. */
  readonly text: string;
}

/**
 * Finds the known name that an unknown one probably stands for: one with a typing error or two, in
 * another spelling (`delaySeconds`, `max_retry`), or with some of the same words (`delay`, `group_id`,
 * `wait_time_seconds`).
 */
export function createNameMatcher(known: readonly string[]): (name: string) => string | undefined {
  const candidates = known.map((name) => ({ name, ...readName(name) }));
  return (name) => {
    const read = readName(name);
    let nearest: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      const distance = distanceOf(read, candidate);
      if (distance >= least) continue;
      least = distance;
      nearest = candidate.name;
    }
    return nearest;
  };
}

function readName(name: string): Name {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map(singular);
  return { words, text: words.join('') };
}

const singular = (word: string): string => word.replace(/ies$/, 'y').replace(/(?<=[^s])s$/, '');

/** Infinite for names that are not similar. */
function distanceOf({ words, text }: Name, known: Name): number {
  const [shorter, longer] = [text.length, known.text.length].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const slipsMax = Math.floor((shorter + 1) / 4);
  // The distance is at least the difference in length.
  const slips = longer - shorter > slipsMax ? longer : editDistance(text, known.text);
  if (slips <= slipsMax) return slips;
  const isPart = words.some((word) => !NOUNS.has(word)) && isWithin(words, known.words);
  return isPart || isWithin(known.words, words)
    ? 1 + Math.abs(known.words.length - words.length)
    : Number.POSITIVE_INFINITY;
}

/** Words of many fields: one of them alone does not tell which field is meant. */
const NOUNS = new Set(['queue', 'message', 'id']);

const isWithin = (part: readonly string[], whole: readonly string[]): boolean =>
  part.every((word) => whole.includes(word));
