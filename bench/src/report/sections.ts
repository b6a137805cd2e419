/**
 * Replaces what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`. Sections without a new
 * text keep theirs, so that a document can be filled from several runs.
 *
 * @throws Error if the document lacks a section
 */
export function fillSections(document: string, texts: ReadonlyMap<string, string>): string {
  let filled = document;
  for (const [name, text] of texts) {
    const opening = `<!-- bench:${name} -->`;
    const closing = `<!-- /bench:${name} -->`;
    const from = filled.indexOf(opening);
    const to = filled.indexOf(closing, from);
    if (from < 0 || to < 0) {
      throw new Error(`the document has no section ${name}: ${opening} … ${closing}`);
    }
    filled = `${filled.slice(0, from + opening.length)}\n\n${text}\n\n${filled.slice(to)}`;
  }
  return filled;
}
