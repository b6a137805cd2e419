import { CAPABILITIES, type Capability, ERRORS, LIMITS } from '@millrace/protocol';
import { declaration, isEmpty, NAMED, type Schema } from './schema-types.js';

const pascalCase = (name: string): string => name[0]?.toUpperCase() + name.slice(1);

const HEAD =
  '// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.\n';

/** The records and the codes of errors. */
export function contractRecords(): string {
  const records = [...NAMED.out].map(([schema, name]) =>
    declaration(name, schema, 'out', `The record ${name} of PROTOCOL.md.`),
  );
  const codes = Object.entries(ERRORS).map(
    ([code, { title }]) => `  /** ${title} */\n  | '${code}'`,
  );
  const errors = `/** The closed list of codes with which the server refuses a call. */\nexport type ServerErrorCode =\n${codes.join('\n')};\n`;
  return [HEAD, ...records, errors].join('\n');
}

/** Fields and answers of the calls that are chosen. */
export function contractCallTypes(isChosen: (id: string) => boolean): string {
  const calls = Object.entries(CAPABILITIES)
    .filter(([, { id }]) => isChosen(id))
    .flatMap(([name, capability]: [string, Capability]) => callTypes(pascalCase(name), capability))
    .join('\n');
  const used = [...NAMED.out.values()]
    .filter((name) => new RegExp(`\\b${name}\\b`).test(calls))
    .sort();
  return `${HEAD}\nimport type { ${used.join(', ')} } from './records.js';\n\n${calls}`;
}

function callTypes(name: string, { id, params, returns }: Capability): string[] {
  const record = NAMED.out.get(returns as Schema);
  const comment = `The answer of ${id}.`;
  return [
    ...(isEmpty(params as Schema)
      ? []
      : [declaration(`${name}Params`, params as Schema, 'in', `The fields of ${id}.`)]),
    record === undefined
      ? declaration(`${name}Returns`, returns as Schema, 'out', comment)
      : `/** ${comment} */\nexport type ${name}Returns = ${record};\n`,
  ];
}

/** Method and path of each call, and whether it accepts an idempotency key. */
export function contractCalls(): string {
  const entries = Object.entries(CAPABILITIES).map(([name, capability]: [string, Capability]) => {
    const path = capability.queuePath ?? capability.path;
    const acceptsKey = 'idempotency_key' in capability.params.properties;
    return `  ${name}: call('${capability.id}', '${capability.method}', '${path.replace(startOf(capability.id), '~')}'${acceptsKey ? ', true' : ''}),`;
  });
  return `${HEAD}\n${CALL}\nexport const CALLS = {\n${entries.join('\n')}\n};\n`;
}

/** What most paths begin with; `~` stands for it, which keeps bundles small. */
const startOf = (id: string): string => `/v1/${id.replaceAll('.', '/')}`;

const CALL = `/** In the path, \`~\` stands for the id with slashes. */
const call = (id: string, method: string, path: string, acceptsKey = false) => ({
  id,
  method,
  path: path.replace('~', \`/v1/\${id.replaceAll('.', '/')}\`),
  acceptsKey,
});
`;

/** The limits that the client keeps to by itself. */
export function contractLimits(): string {
  const names = [
    'batchMaxMessages',
    'batchMaxBytes',
    'consumeMaxMessages',
    'waitMaxSeconds',
    'delayMaxSeconds',
    'visibilityTimeoutMaxSeconds',
    'lastErrorMaxChars',
  ] as const;
  const entries = names.map(
    (name) => `  ${name}: ${LIMITS[name].toLocaleString('en').replaceAll(',', '_')},`,
  );
  return `${HEAD}\nexport const LIMITS = {\n${entries.join('\n')}\n} as const;\n`;
}
