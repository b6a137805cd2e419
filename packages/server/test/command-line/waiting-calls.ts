import { CallUnderWay } from '../harness/call-under-way.js';
import { callerOf } from '../harness/http-server.js';

export const KEY = 'a-key-of-the-test-0123456789';

const POLL = '{"queue":"orders","wait_seconds":20}';
const PUBLISH = '{"queue":"orders","payload":{"order_id":"o_123"}}';
const HALF = 20;

/** Two calls in progress: a long poll, and a publish whose body has half arrived. */
export class WaitingCalls {
  private constructor(
    private readonly poll: CallUnderWay,
    private readonly publish: CallUnderWay,
  ) {}

  static async begin(url: string): Promise<WaitingCalls> {
    const settings = { name: 'orders' };
    const options = { key: KEY };
    const created = await callerOf(url)('POST', '/v1/queue/create', settings, options);
    if (created.status !== 200) throw new Error(created.text);
    const poll = await CallUnderWay.begin(url, '/v1/queue/consume', KEY, POLL.length);
    poll.send(POLL);
    const publish = await CallUnderWay.begin(url, '/v1/queue/publish', KEY, PUBLISH.length);
    publish.send(PUBLISH.slice(0, HALF));
    return new WaitingCalls(poll, publish);
  }

  sendRestOfBody(): void {
    this.publish.send(PUBLISH.slice(HALF));
  }

  answerOfPoll(): Promise<string> {
    return this.poll.answer();
  }

  answerOfPublish(): Promise<string> {
    return this.publish.answer();
  }

  drop(): void {
    this.poll.drop();
    this.publish.drop();
  }
}

/** Matches an answer that is the last one of its connection. */
export const lastAnswer = (status: number, json: string): RegExp =>
  new RegExp(`^HTTP/1\\.1 ${status} .*\\r\\nconnection: close\\r\\n.*${json}`, 'is');
