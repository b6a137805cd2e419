import type { ApiReferenceConfiguration } from '@scalar/fastify-api-reference';

/** Runs in the browser, after Scalar's script. */
declare const Scalar: {
  createApiReference(selector: string, configuration: Partial<ApiReferenceConfiguration>): unknown;
};
declare const location: { readonly origin: string };

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
  generateOperationSlug: ({ operationId, method, path }) => operationId ?? `${method}${path}`,
});
