import {
  CAPABILITIES,
  type Capability,
  type CapabilityName,
  discoveryOf,
  ERRORS,
  EXAMPLES,
  errorCodesOf,
  locationOf,
} from '@millrace/protocol';
import { curlExample } from './curl-example.js';
import { type FieldRow, fieldRows } from './field-rows.js';
import { type Html, html } from './html.js';

/** One call: its fields, its answer, its errors and examples. */
export function callSection(name: CapabilityName): Html {
  const capability: Capability = CAPABILITIES[name];
  const { id, scopes, description } = capability;
  const { params = {}, returns = {} } = discoveryOf(id) ?? {};
  const paramRows = fieldRows(params);
  return html`
<section id="${id}">
<h2><a class="anchor" href="#${id}">${id}</a></h2>
<p class="endpoint">${endpoint(capability)}</p>
<p>${description} <span class="muted">Scope: ${scopes.join(' or ')}.</span></p>
<h3>Parameters</h3>
${paramRows.length === 0 ? html`<p>None.</p>` : paramTable(capability, paramRows)}
<h3>Returns</h3>
${returnTable(fieldRows(returns))}
<h3>Errors</h3>
<p class="codes">${errorLinks(name)}</p>
<h3>Examples</h3>
${EXAMPLES[name].map(
  ({ title, params: sent, data }) => html`
<p class="example">${title}</p>
<pre><code>${curlExample(capability, sent)}</code></pre>
<pre class="answer"><code>${JSON.stringify(data, null, 2)}</code></pre>`,
)}
</section>`;
}

export const endpoint = ({ method, path, queuePath }: Capability): Html =>
  html`<span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code>${
    queuePath === undefined ? '' : html` or <code>${queuePath}</code>`
  }`;

/** The queue may also be in the path, if the call has a path with the queue in it. */
const locationsOf = (capability: Capability, field: string): string =>
  capability.queuePath !== undefined && field === 'queue'
    ? 'body or path'
    : locationOf(capability, field);

const paramTable = (capability: Capability, rows: readonly FieldRow[]): Html => html`
<div class="scroll"><table>
<thead><tr><th>Field</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead>
<tbody>${rows.map(
  ({ name, type, required, description }) => html`
<tr><td><code>${name}</code>${required ? html` <span class="required">required</span>` : ''}</td>
<td>${locationsOf(capability, name.split('[')[0] as string)}</td><td>${type}</td><td>${description}</td></tr>`,
)}
</tbody></table></div>`;

const returnTable = (rows: readonly FieldRow[]): Html => html`
<div class="scroll"><table>
<thead><tr><th>Field of <code>data</code></th><th>Type</th><th>Meaning</th></tr></thead>
<tbody>${rows.map(
  ({ name, type, required, description }) => html`
<tr><td><code>${name}</code>${required ? '' : html` <span class="muted">optional</span>`}</td>
<td>${type}</td><td>${description}</td></tr>`,
)}
</tbody></table></div>`;

const errorLinks = (name: CapabilityName): Html[] =>
  errorCodesOf(name).map(
    (code) =>
      html`<a href="#${code}" title="${ERRORS[code].title}">${ERRORS[code].status} ${code}</a> `,
  );
