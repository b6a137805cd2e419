import {
  CAPABILITIES,
  type Capability,
  type CapabilityName,
  ERRORS,
  type ErrorCode,
  errorEntry,
  PROTOCOL_VERSION,
} from '@millrace/protocol';
import { callSection, endpoint } from './call-section.js';
import { Html, html } from './html.js';
import { STYLE } from './style.js';

const NAMES = Object.keys(CAPABILITIES) as CapabilityName[];
const CALLS: readonly Capability[] = NAMES.map((name) => CAPABILITIES[name]);

/** The whole reference as one page that needs nothing else: no script, no font, no network. */
export const docsPage = (): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>millrace reference</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<nav aria-label="Contents">
<p class="brand"><a href="#top">millrace</a> <span class="muted">${PROTOCOL_VERSION}</span></p>
<ul>
<li><a href="#basics">Basics</a></li>
<li><a href="#calls">Calls</a></li>
<li><a href="#errors">Errors</a></li>
</ul>
<ul class="ids">${CALLS.map(({ id }) => html`<li><a href="#${id}">${id}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>millrace reference</h1>
${basics()}
${callTable()}
${errorTable()}
${NAMES.map(callSection)}
</main>
</body>
</html>
`.text;

const basics = (): Html => html`
<section id="basics">
<h2><a class="anchor" href="#basics">Basics</a></h2>
<p>Send JSON, get JSON. Every call wants an API key, and the examples take it and the address of
this server from the shell:</p>
<pre><code>export MILLRACE=http://127.0.0.1:8080 KEY=ifr_…</code></pre>
<p>All answers have one envelope. The tables below describe <code>data</code>.</p>
<pre><code>{"ok":true,"data":{…},"error":null,"metadata":{
  "cost_usd":0,"latency_ms":2,"vendor":"millrace","cache_hit":false,"request_id":"…"}}
{"ok":false,"data":null,"error":{
  "code":"QUEUE_NOT_FOUND","status":404,"message":"…","hint":"…"},"metadata":{…}}</code></pre>
<p>A field that a call does not know is ignored and named in <code>metadata.warnings</code>.</p>
<p>For programs there are <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1) and
<a href="/v1/discovery">/v1/discovery</a>. A writing call takes <code>idempotency_key</code>, or the
header <code>Idempotency-Key</code>: repeated with the same key it does nothing twice and answers as
the first time.</p>
</section>`;

const callTable = (): Html => html`
<section id="calls">
<h2><a class="anchor" href="#calls">Calls</a></h2>
<div class="scroll"><table class="calls">
<thead><tr><th>Call</th><th>Endpoint</th><th>What it does</th></tr></thead>
<tbody>${CALLS.map(
  (capability) => html`
<tr><td><a href="#${capability.id}">${capability.id}</a></td>
<td class="nowrap">${endpoint(capability)}</td><td>${capability.description}</td></tr>`,
)}
</tbody></table></div>
</section>`;

const errorTable = (): Html => html`
<section id="errors">
<h2><a class="anchor" href="#errors">Errors</a></h2>
<p>Where the last column says so, the answer has <code>Retry-After</code> in whole seconds.</p>
<div class="scroll"><table>
<thead><tr><th>Status</th><th>Code</th><th>Meaning</th><th>Wait</th></tr></thead>
<tbody>${(Object.keys(ERRORS) as ErrorCode[]).map((code) => {
  const { status, title, retryAfterSeconds } = errorEntry(code);
  return html`
<tr id="${code}"><td>${status}</td><td><code>${code}</code></td><td>${title}</td>
<td>${retryAfterSeconds === undefined ? '' : 'yes'}</td></tr>`;
})}
</tbody></table></div>
</section>`;
