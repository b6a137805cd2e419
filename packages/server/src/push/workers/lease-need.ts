/**
 * What a worker knows of the messages in its queue. It has at most one lease command under way.
 *
 * | state       | meaning                                                   |
 * | ----------- | --------------------------------------------------------- |
 * | unknown     | there may be messages: they should be leased              |
 * | leasing     | a lease command is under way                              |
 * | leasingTold | the same, and more messages were signalled since it began |
 * | empty       | the last one left no messages, and no more were signalled |
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

export class LeaseNeed {
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
