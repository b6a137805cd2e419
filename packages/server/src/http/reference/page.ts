/** The page of the API reference. Its scripts are files of this server; the texts are in openapi.json. */
export const referencePage = (version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>millrace reference</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference"></div>
<noscript>
<p>This reference needs JavaScript. Without it, read <a href="/openapi.json">openapi.json</a> or
<a href="/v1/discovery">the list of all calls</a>.</p>
</noscript>
<script src="/docs/scalar.js?${version}"></script>
<script type="module" src="/docs/start.js?${version}"></script>
</body>
</html>
`;

/**
 * Scripts and requests stay within this server. Scalar writes its style into the page, so inline styles
 * are allowed; inline scripts are not.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
