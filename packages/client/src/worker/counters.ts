/** What a worker has done since it was made. */
export interface WorkerCounters {
  /** Messages that came. */
  fetched: number;
  acked: number;
  /** Failed deliveries whose message comes back. */
  retried: number;
  /** Failed deliveries whose message became a dead letter. */
  deadLettered: number;
  /** Messages that were returned without a failure. */
  released: number;
  leasesLost: number;
  /** Handlers that went over their time limit; they also count as retried or dead-lettered. */
  timedOut: number;
  /** Calls to the server that failed. */
  callsFailed: number;
}

export const newCounters = (): WorkerCounters => ({
  fetched: 0,
  acked: 0,
  retried: 0,
  deadLettered: 0,
  released: 0,
  leasesLost: 0,
  timedOut: 0,
  callsFailed: 0,
});
