/** Who consumes from a queue, by the node that saw it, and histories by quarters of an hour. */
export const consumersAndQuarters = `
CREATE TABLE millrace.queue_consumers (
  queue_id bigint NOT NULL,
  node_id text COLLATE "C" NOT NULL,
  waiting integer NOT NULL,
  last_fetch_at_ms bigint NOT NULL,
  last_fetch_key_id text,
  recorded_at_ms bigint NOT NULL,
  PRIMARY KEY (queue_id, node_id)
) WITH (fillfactor = 40);

-- Minutes of queue_history are added up here when they are two hours old.
CREATE TABLE millrace.queue_quarters (
  queue_id bigint NOT NULL,
  quarter bigint NOT NULL,
  depth bigint NOT NULL,
  published bigint NOT NULL,
  delivered bigint NOT NULL,
  acked bigint NOT NULL,
  failed bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  PRIMARY KEY (queue_id, quarter)
);
`;
