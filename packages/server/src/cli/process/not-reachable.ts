/** There is no server where one should be. The process exits with 3, as the verbs of the command line do. */
export class NotReachable extends Error {}
