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

/** The whole reference as one page that loads nothing else: no script, no font. */
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
<p>Requests and answers are JSON. Every call needs an API key. The examples take the key and the
address of this server from two shell variables:</p>
<pre><code>export MILLRACE=http://127.0.0.1:8080 KEY=ifr_…</code></pre>
<p>All answers have the same envelope. The tables below describe <code>data</code>.</p>
<pre><code>{"ok":true,"data":{…},"error":null,"metadata":{
  "cost_usd":0,"latency_ms":2,"vendor":"millrace","cache_hit":false,"request_id":"…"}}
{"ok":false,"data":null,"error":{
  "code":"QUEUE_NOT_FOUND","status":404,"message":"…","hint":"…"},"metadata":{…}}</code></pre>
<p>Unknown fields of a call are ignored and named in <code>metadata.warnings</code>; the calls on API
keys refuse them.</p>
<p>For programs there are <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1) and
<a href="/v1/discovery">/v1/discovery</a>. A call that changes something takes
<code>idempotency_key</code>, or the header <code>Idempotency-Key</code>: repeated with the same key it
does nothing twice and returns the first answer.</p>
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
<p>If the last column says yes, the answer has <code>Retry-After</code> in whole seconds.</p>
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
