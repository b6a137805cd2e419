/**
 * For peers whose clients ask for messages: receives until as many messages are acked as this unit
 * published. Others receive at the same time, so one call may return fewer, or none.
 *
 * @param receiveAndAck returns how many messages it acked
 */
export async function ackAsMany(
  count: number,
  receiveAndAck: (atMost: number) => Promise<number>,
): Promise<void> {
  for (let missing = count; missing > 0; ) missing -= await receiveAndAck(missing);
}
