/**
 * What is wrong with the origin of a web page, which must be written as browsers send it.
 *
 * @returns undefined if nothing is
 */
export function faultOfOrigin(text: string): string | undefined {
  if (text === 'null' || text.includes('*')) {
    return `must name origins one by one; ${text} could be any page`;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return `must be origins such as https://app.example, not ${text}`;
  }
  return url.origin === text ? undefined : `must be written as ${url.origin}, not ${text}`;
}
