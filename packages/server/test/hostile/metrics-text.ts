/** The samples of a text in Prometheus format, by name and labels. */
export class MetricsText {
  private readonly samples: readonly { readonly name: string; readonly value: number }[];

  constructor(text: string) {
    this.samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const space = line.lastIndexOf(' ');
        return { name: line.slice(0, space), value: Number(line.slice(space + 1)) };
      });
  }

  /** The sum over all labels; undefined when the server has no such metric. */
  sum(name: string): number | undefined {
    const found = this.samples.filter((sample) => sample.name.split('{')[0] === name);
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}
