import type { Ledger } from '../ledger/ledger.js';
import type { Answers, CallName, Outcome, Requests } from '../ledger/ledger-events.js';
import type { SeededRandom } from '../load/seeded-random.js';
import { ExchangeError, type HttpAnswer, HttpExchange } from './http-exchange.js';
import { decodeAnswer, decodeErrorCode, encodeRequest } from './wire-format.js';

const ANSWER_TIMEOUT_MS = 10_000;

/** Makes calls to the nodes of one service, and records each with its outcome. */
export class QueueApi {
  readonly nodeCount: number;
  readonly #ledger: Ledger;
  readonly #exchanges: readonly HttpExchange[];
  readonly #answerTimeoutMs: number;
  /** Nodes that callers avoid, as a load balancer would. */
  readonly #avoided = new Set<number>();

  constructor(
    ledger: Ledger,
    baseUrls: readonly string[],
    apiKey: string,
    answerTimeoutMs = ANSWER_TIMEOUT_MS,
  ) {
    this.#ledger = ledger;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.nodeCount = baseUrls.length;
    this.#exchanges = baseUrls.map((baseUrl) => new HttpExchange(baseUrl, apiKey));
  }

  async call<N extends CallName>(
    node: number,
    name: N,
    request: Requests[N],
  ): Promise<Outcome<Answers[N]>> {
    const exchange = this.#exchanges[node];
    if (exchange === undefined) throw new RangeError(`no node ${node}`);
    const wire = encodeRequest(name, request);
    const waitMs = 'waitMs' in request ? (request.waitMs ?? 0) : 0;
    const callId = this.#ledger.started(node, name, request);
    const outcome = await exchange
      .send(wire, this.#answerTimeoutMs + waitMs)
      .then((answer) => readOutcome(name, answer))
      .catch((error: unknown): Outcome<Answers[N]> => {
        if (!(error instanceof ExchangeError)) throw error;
        return { kind: 'failed', sent: error.sent, reason: error.reason };
      });
    this.#ledger.ended(callId, name, outcome);
    return outcome;
  }

  /** Picks any node, preferably one that is not avoided. */
  pickNode(random: SeededRandom): number {
    const nodes = this.#exchanges.map((_, node) => node);
    const open = nodes.filter((node) => !this.#avoided.has(node));
    return random.pick(open.length > 0 ? open : nodes);
  }

  avoid(node: number): void {
    this.#avoided.add(node);
  }

  useAgain(node: number): void {
    this.#avoided.delete(node);
  }

  /** Stops waiting for a node: its calls may still take effect at any time. */
  giveUp(node: number): void {
    this.#exchanges[node]?.giveUp();
  }

  close(): void {
    for (const exchange of this.#exchanges) exchange.close();
  }
}

function readOutcome<N extends CallName>(
  name: N,
  { status, retryAfter, text }: HttpAnswer,
): Outcome<Answers[N]> {
  try {
    if (status === 200) return { kind: 'answered', answer: decodeAnswer(name, text) };
    return { kind: 'refused', status, code: decodeErrorCode(text), retryAfter };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'malformed', reason: `status ${status}: ${reason}` };
  }
}
