/**
 * What a worker knows of the messages in its queue, of which it has one lease under way at a time:
 *
 * | state       | meaning                                                   |
 * | ----------- | --------------------------------------------------------- |
 * | unknown     | there may be messages: a lease is to be made              |
 * | leasing     | a lease is under way                                      |
 * | leasingTold | and since it began there was word of more messages        |
 * | empty       | the last lease left nothing, and no word of more has come |
 */
type State = 'unknown' | 'leasing' | 'leasingTold' | 'empty';

/** `told`: messages have come, or it is time to look again. */
type Event = 'told' | 'began' | 'leftSome' | 'leftNone';

const TRANSITIONS: { readonly [S in State]: { readonly [E in Event]?: State } } = {
  unknown: { began: 'leasing' },
  leasing: { told: 'leasingTold', leftSome: 'unknown', leftNone: 'empty' },
  leasingTold: { leftSome: 'unknown', leftNone: 'unknown' },
  empty: { told: 'unknown' },
};

export class QueueLook {
  private state: State = 'unknown';

  on(event: Event): void {
    this.state = TRANSITIONS[this.state][event] ?? this.state;
  }

  get wantsLease(): boolean {
    return this.state === 'unknown';
  }

  get isLeasing(): boolean {
    return this.state === 'leasing' || this.state === 'leasingTold';
  }
}
