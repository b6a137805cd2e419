import type { Json } from '../harness/http-server.js';

/** Finds what a reader of the OpenAPI document would miss, by walking all of it. */

const METHODS = ['get', 'post', 'patch', 'delete'];

/** Every operation, webhooks included, with the name that a fault is reported under. */
export function operationsOf(document: Json): { where: string; operation: Json }[] {
  const items = [...Object.entries<Json>(document.paths), ...Object.entries(document.webhooks)];
  return items.flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => ({
      where: `${method} ${path}`,
      operation: item[method],
    })),
  );
}

/** What has no description, and which objects inside others have no name. */
export function faultsOf(document: Json): string[] {
  const resolved = (node: Json): Json =>
    node.$ref === undefined
      ? node
      : node.$ref
          .slice(2)
          .split('/')
          .reduce((value: Json, key: string) => value[key], document);

  /** @param isRoot whether the schema may be an object without a name */
  function ofSchema(schema: Json, where: string, isRoot: boolean): string[] {
    if (schema.$ref !== undefined) return [];
    const nameless = schema.properties !== undefined && !isRoot ? [`${where} has no name`] : [];
    const fields = Object.entries<Json>(schema.properties ?? {}).flatMap(([name, field]) => [
      ...ofMeaning(field, `${where}.${name}`),
      ...ofSchema(field, `${where}.${name}`, false),
    ]);
    const inner = [schema.items, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])]
      .filter((part) => part !== undefined)
      .flatMap((part) => ofSchema(part, `${where}[]`, false));
    return [...nameless, ...fields, ...inner];
  }

  const ofMeaning = (node: Json, where: string): string[] =>
    resolved(node).description === undefined && node.description === undefined
      ? [`${where} has no description`]
      : [];

  const ofContent = (content: Json, where: string): string[] =>
    content === undefined ? [] : ofSchema(content['application/json'].schema, where, true);

  function ofOperation({ where, operation }: { where: string; operation: Json }): string[] {
    const { description, parameters, requestBody, responses } = operation;
    return [
      ...(description === undefined ? [`${where} has no description`] : []),
      ...parameters.flatMap((given: Json) => ofMeaning(given, `${where} ${resolved(given).name}`)),
      ...ofContent(requestBody?.content, `${where} body`),
      ...Object.entries<Json>(responses).flatMap(([status, response]) => [
        ...ofMeaning(response, `${where} ${status}`),
        ...ofContent(response.content, `${where} ${status}`),
      ]),
    ];
  }

  const { schemas, headers } = document.components;
  return [
    ...operationsOf(document).flatMap(ofOperation),
    ...Object.entries<Json>(schemas).flatMap(([name, schema]) => ofSchema(schema, name, true)),
    ...Object.entries<Json>(headers).flatMap(([name, header]) => ofMeaning(header, name)),
    ...document.tags.flatMap((tag: Json) => ofMeaning(tag, tag.name)),
  ];
}
