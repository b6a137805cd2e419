// Writes the files behind /docs into dist: the script of Scalar's API reference, compressed, and
// PROTOCOL.md, which has the texts on the concepts. The server has no other way to them once it is
// installed, because Scalar's package is needed only here (docs/adr/0019).
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const inDist = (name) => at(`../dist/http/reference/${name}`);
const inScalar = (path) =>
  readFileSync(new URL(`../${path}`, import.meta.resolve('@scalar/fastify-api-reference')), 'utf8');

/** Scalar's own Fastify plugin contains the script and serves it, so it is asked for it. */
async function scriptOfScalar() {
  const { default: Fastify } = await import('fastify');
  const { default: plugin } = await import('@scalar/fastify-api-reference');
  const app = Fastify();
  await app.register(plugin, { routePrefix: '/docs', configuration: { url: '/openapi.json' } });
  const { statusCode, body } = await app.inject('/docs/js/scalar.js');
  await app.close();
  if (statusCode !== 200) throw new Error(`Scalar's plugin answered ${statusCode} for its script`);
  return body;
}

mkdirSync(inDist('.'), { recursive: true });
const { version } = JSON.parse(inScalar('package.json'));
const stamp = inDist('scalar.version');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== version) {
  // The MIT license asks for its text in every copy.
  const script = `/*!\nScalar ${version}\n\n${inScalar('LICENSE')}*/\n${await scriptOfScalar()}`;
  writeFileSync(inDist('scalar.js.gz'), gzipSync(script, { level: 9 }));
  writeFileSync(stamp, version);
}
copyFileSync(at('../../../PROTOCOL.md'), inDist('PROTOCOL.md'));
