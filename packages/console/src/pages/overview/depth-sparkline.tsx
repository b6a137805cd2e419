import { useHistory } from '../../api/history.js';
import { useMayAskMore } from '../../api/queue-list.js';
import { Sparkline } from '../../charts/sparkline.js';
import { formatCount } from '../../design/format.js';

/** How many messages were in a queue in each minute of the last hour. Only visible rows ask for it. */
export function DepthSparkline({ queue }: { readonly queue: string }) {
  const { data } = useHistory(queue, 'hour', { enabled: useMayAskMore() });
  const depths = data?.map(({ depth }) => depth) ?? [];
  const most = Math.max(0, ...depths);
  return (
    <Sparkline values={depths} label={`At most ${formatCount(most)} messages in the last hour`} />
  );
}
