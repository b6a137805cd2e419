/** Who consumes from a queue, by the node that saw it, and histories by quarters of an hour. */
export const consumersAndQuarters = `
CREATE TABLE queue_consumers (
  queue_id INTEGER NOT NULL,
  node_id TEXT NOT NULL,
  waiting INTEGER NOT NULL,
  last_fetch_at_ms INTEGER NOT NULL,
  last_fetch_key_id TEXT,
  recorded_at_ms INTEGER NOT NULL,
  PRIMARY KEY (queue_id, node_id)
) STRICT, WITHOUT ROWID;

-- Minutes of queue_history are added up here when they are two hours old.
CREATE TABLE queue_quarters (
  queue_id INTEGER NOT NULL,
  quarter INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  published INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  acked INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  dead_lettered INTEGER NOT NULL,
  PRIMARY KEY (queue_id, quarter)
) STRICT, WITHOUT ROWID;
`;
