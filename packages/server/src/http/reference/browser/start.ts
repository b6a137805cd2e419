import type { ApiReferenceConfiguration } from '@scalar/fastify-api-reference';

/** Runs in the browser, after Scalar's script. */
declare const Scalar: {
  createApiReference(selector: string, configuration: Partial<ApiReferenceConfiguration>): unknown;
};
declare const location: { readonly origin: string };

/** Colours that are dark or light enough to be read, and no frame around the section that was opened. */
const STYLE = `
.light-mode {
  --scalar-color-2: #545454; --scalar-color-3: #666;
  --scalar-color-green: #047857; --scalar-color-blue: #0063b3; --scalar-color-orange: #b23c00;
  --scalar-color-red: #b91c1c; --scalar-color-yellow: #8a5a00; --scalar-color-purple: #5203d1;
}
.dark-mode { --scalar-color-2: #b4b4b4; --scalar-color-3: #a0a0a0; }
section[tabindex='-1']:focus { outline: none; }
`;

Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  // Behind a proxy the browser knows the scheme better than the server.
  servers: [{ url: location.origin, description: 'This server' }],
  // Nothing may leave this server: no fonts, no proxy for requests, no telemetry, no services of Scalar.
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  // The document has examples of its own for each call, which tests run.
  hiddenClients: true,
  documentDownloadType: 'json',
  authentication: { preferredSecurityScheme: 'bearer' },
  orderSchemaPropertiesBy: 'preserve',
  orderRequiredPropertiesFirst: false,
  customCss: STYLE,
  generateOperationSlug: ({ operationId, method, path }) => operationId ?? `${method}${path}`,
});
