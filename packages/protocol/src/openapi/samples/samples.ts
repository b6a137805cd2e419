import type { CapabilityName } from '../../capabilities.js';
import type { JsonSchema } from '../../public-schema.js';
import { commandLineSample } from './command-line.js';
import { curlSample } from './curl.js';
import { pythonSample } from './python.js';
import { type ExampleCall, exampleCall } from './sample.js';
import { typescriptSample } from './typescript.js';

const LANGUAGES: readonly {
  readonly lang: string;
  readonly label: string;
  readonly make: (call: ExampleCall) => string | undefined;
}[] = [
  { lang: 'shell', label: 'curl', make: curlSample },
  { lang: 'typescript', label: 'TypeScript', make: typescriptSample },
  { lang: 'python', label: 'Python', make: pythonSample },
  { lang: 'shell', label: 'CLI', make: commandLineSample },
];

/** The first example of a call as a program, in each language that has a way to make the call. */
export function codeSamples(name: CapabilityName): JsonSchema[] {
  const call = exampleCall(name);
  return LANGUAGES.flatMap(({ lang, label, make }) => {
    const source = make(call);
    return source === undefined ? [] : [{ lang, label, source }];
  });
}
