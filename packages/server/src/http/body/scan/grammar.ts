/**
 * The grammar of JSON as two tables. For each state and byte they have the next state and an event.
 * There are separate states for objects, lists and the root, so that only brackets need more than a
 * look into the table.
 */

/** The event of a byte, besides the next state. Events up to `skip` are in both tables. */
export const EVENT = {
  none: 0,
  fault: 1,
  openObject: 2,
  openList: 3,
  close: 4,
  /** A string begins or continues; its contents need no table. */
  skip: 5,
  nameStart: 6,
  nameEnd: 7,
  /** A value begins that is neither an object nor a list. */
  valueStart: 8,
  /** The byte is the last one of a value. */
  valueEnd: 9,
  /** The byte follows a number, and is still to be read. */
  numberEnd: 10,
} as const;

/** An entry of a table has the event in its high byte and the state in its low byte. */
export const EVENT_SHIFT = 8;
export const STATE_MASK = 0xff;

const STATES_MAX = 128;
/** The table with events for every name and value. */
export const LOUD = new Uint16Array(STATES_MAX << 8).fill(EVENT.fault << EVENT_SHIFT);
/** The table with events for brackets and faults only. */
export const QUIET = LOUD.slice();

/** What each state expects, in the words of a refusal. */
export const EXPECTED: string[] = [];
/** The bytes that end skipping through a string: quotes, backslashes and control characters. */
export const ENDS_SKIP = new Uint8Array(256).fill(1, 0, 0x20);
ENDS_SKIP[0x22] = 1;
ENDS_SKIP[0x5c] = 1;

/** The states in which the contents of a string may be skipped. */
export const IN_STRING = new Uint8Array(STATES_MAX);

function newState(expected: string): number {
  return EXPECTED.push(expected) - 1;
}

function on(from: number, chars: string, to: number, event: number = EVENT.none): void {
  const inside = IN_STRING[to] === 1 ? EVENT.skip : EVENT.none;
  for (const char of chars) {
    const at = (from << 8) | char.charCodeAt(0);
    LOUD[at] = ((event || inside) << EVENT_SHIFT) | to;
    QUIET[at] = ((event <= EVENT.skip ? event || inside : inside) << EVENT_SHIFT) | to;
  }
}

const SPACE = ' \t\n\r';
const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdefABCDEF`;
const PLAIN = Array.from({ length: 256 }, (_, byte) => byte)
  .filter((byte) => ENDS_SKIP[byte] === 0)
  .map((byte) => String.fromCharCode(byte))
  .join('');

/** The state inside a string; the closing quote leads to `after`. */
function stringState(after: number, end: number): number {
  const inside = newState('a character, an escape or the closing quote');
  IN_STRING[inside] = 1;
  const escaped = newState('one of the escapes of JSON');
  on(inside, PLAIN, inside);
  on(inside, '\\', escaped);
  on(inside, '"', after, end);
  on(escaped, '"\\/bfnrt', inside);
  const digits = [1, 2, 3, 4].map(() => newState('a hexadecimal digit'));
  on(escaped, 'u', digits[0] as number);
  for (const [index, digit] of digits.entries()) on(digit, HEX, digits[index + 1] ?? inside);
  return inside;
}

/** The states for the letters of true, false and null after the first letter. */
function wordState(rest: string, after: number): number {
  let next = after;
  for (const letter of [...rest].reverse()) {
    const state = newState(`the rest of true, false or null`);
    on(state, letter, next, next === after ? EVENT.valueEnd : EVENT.none);
    next = state;
  }
  return next;
}

/** The states of a number by its first character. */
function numberStates(after: number): { minus: number; zero: number; whole: number } {
  const ends = 'the rest of a number or what follows it';
  const [minus, dot, mark, sign] = [1, 2, 3, 4].map(() => newState('a digit')) as [
    number,
    number,
    number,
    number,
  ];
  const [zero, whole, fraction, exponent] = [1, 2, 3, 4].map(() => newState(ends)) as [
    number,
    number,
    number,
    number,
  ];
  for (const state of [zero, whole, fraction, exponent]) {
    for (let byte = 0; byte < 256; byte += 1) {
      const follows = QUIET[(after << 8) | byte] as number;
      if (follows >> EVENT_SHIFT === EVENT.fault) continue;
      QUIET[(state << 8) | byte] = follows;
      LOUD[(state << 8) | byte] = (EVENT.numberEnd << EVENT_SHIFT) | after;
    }
  }
  on(minus, '0', zero);
  on(minus, '123456789', whole);
  on(whole, DIGITS, whole);
  for (const state of [zero, whole]) on(state, '.', dot);
  for (const state of [zero, whole, fraction]) on(state, 'eE', mark);
  on(dot, DIGITS, fraction);
  on(fraction, DIGITS, fraction);
  on(mark, '+-', sign);
  on(mark, DIGITS, exponent);
  on(sign, DIGITS, exponent);
  on(exponent, DIGITS, exponent);
  return { minus, zero, whole };
}

/** Lets each of `states` begin any value; the end of the value leads to `after`. */
function beginValues(states: readonly number[], after: number): void {
  const text = stringState(after, EVENT.valueEnd);
  const { minus, zero, whole } = numberStates(after);
  const [yes, no, nothing] = ['rue', 'alse', 'ull'].map((rest) => wordState(rest, after));
  for (const state of states) {
    on(state, SPACE, state);
    on(state, '"', text, EVENT.valueStart);
    on(state, '-', minus, EVENT.valueStart);
    on(state, '0', zero, EVENT.valueStart);
    on(state, '123456789', whole, EVENT.valueStart);
    on(state, 't', yes as number, EVENT.valueStart);
    on(state, 'f', no as number, EVENT.valueStart);
    on(state, 'n', nothing as number, EVENT.valueStart);
    on(state, '{', firstName, EVENT.openObject);
    on(state, '[', firstItem, EVENT.openList);
  }
}

export const start = newState('a value');
export const afterRoot = newState('the end of the body');
export const afterMember = newState('a comma or }');
export const afterItem = newState('a comma or ]');
const firstName = newState('a name in quotes or }');
const nextName = newState('a name in quotes');
const colon = newState('a colon');
const memberValue = newState('a value');
const firstItem = newState('a value or ]');
const nextItem = newState('a value');

on(afterRoot, SPACE, afterRoot);
on(afterMember, SPACE, afterMember);
on(afterMember, ',', nextName);
on(afterMember, '}', afterMember, EVENT.close);
on(afterItem, SPACE, afterItem);
on(afterItem, ',', nextItem);
on(afterItem, ']', afterItem, EVENT.close);

const name = stringState(colon, EVENT.nameEnd);
for (const state of [firstName, nextName]) {
  on(state, SPACE, state);
  on(state, '"', name, EVENT.nameStart);
}
on(firstName, '}', afterMember, EVENT.close);
on(colon, SPACE, colon);
on(colon, ':', memberValue);

beginValues([start], afterRoot);
beginValues([memberValue], afterMember);
beginValues([firstItem, nextItem], afterItem);
on(firstItem, ']', afterItem, EVENT.close);

/** Whether the body may end in this state. A number at the root ends with the body. */
export const mayEnd = (state: number): boolean =>
  LOUD[(state << 8) | 0x20] === ((EVENT.numberEnd << EVENT_SHIFT) | afterRoot) ||
  state === afterRoot;
