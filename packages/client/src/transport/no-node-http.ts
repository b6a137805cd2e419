/** What bundles for browsers have in place of the module for Node (`imports` in package.json). */
export const sendByNodeHttp = (): undefined => undefined;
