/** Equal to the version of the packages, which a test checks. */
export const PROTOCOL_VERSION = '0.1.0';
