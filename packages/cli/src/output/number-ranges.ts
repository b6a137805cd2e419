const MOST = 20;

/** `2, 5 to 9, 12` of numbers in ascending order, where a long list ends with `and 3 more`. */
export function numberRanges(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  const shown = ranges.slice(0, MOST);
  const texts = shown.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  const left = ranges.slice(MOST).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return left === 0 ? texts.join(', ') : `${texts.join(', ')} and ${left} more (--json has all)`;
}
