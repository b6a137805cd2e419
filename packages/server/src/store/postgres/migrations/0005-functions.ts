/**
 * `count_messages` adds to the counters of a bucket in a slot, by the tid of the row if that is known
 * and still valid, else by its key, and returns the row's new tid. It is a function because its first
 * statement is nearly always enough, and one statement that can do both costs more. The sums (`+ 0`)
 * hide the key from the planner, which would otherwise walk its index after all.
 *
 * `expect` fails the transaction of a commit group that made a wrong assumption.
 */
export const functions = `
CREATE FUNCTION millrace.count_messages(counted bigint, in_slot smallint, known_place tid,
    more_available bigint, more_leased bigint, more_delayed bigint, more_bytes bigint)
  RETURNS tid LANGUAGE plpgsql AS $$
DECLARE
  place tid;
BEGIN
  UPDATE millrace.queue_counters c
     SET available = c.available + more_available, leased = c.leased + more_leased,
         delayed = c.delayed + more_delayed, bytes = c.bytes + more_bytes
   WHERE c.ctid = known_place AND c.bucket_id + 0 = counted AND c.slot + 0 = in_slot
  RETURNING c.ctid INTO place;
  IF place IS NULL THEN
    INSERT INTO millrace.queue_counters AS c
           (bucket_id, slot, available, leased, delayed, bytes)
    VALUES (counted, in_slot, more_available, more_leased, more_delayed, more_bytes)
    ON CONFLICT (bucket_id, slot) DO UPDATE
       SET available = c.available + excluded.available, leased = c.leased + excluded.leased,
           delayed = c.delayed + excluded.delayed, bytes = c.bytes + excluded.bytes
    RETURNING c.ctid INTO place;
  END IF;
  RETURN place;
END $$;

CREATE FUNCTION millrace.expect(is_so boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF is_so IS NOT TRUE THEN
    RAISE EXCEPTION 'a group assumed what is not so; it runs again' USING ERRCODE = 'MR001';
  END IF;
  RETURN true;
END $$;
`;
