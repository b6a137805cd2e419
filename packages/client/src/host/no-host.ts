/** What bundles for browsers have in place of the host, which has no signals there and cannot listen. */
export const onStopSignal = () => (): void => undefined;

export const serveProbes = (): Promise<never> =>
  Promise.reject(new Error('browsers cannot listen'));
