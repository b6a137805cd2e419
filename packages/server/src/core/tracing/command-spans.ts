import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Command, Outcome } from '../commands/commands.js';
import type { CommitStore, GroupCommit } from '../commit-groups/group-commit.js';
import { causeOf } from '../fault.js';
import {
  isMessageCommand,
  type MessageCommand,
  messagesOf,
  operationOf,
  spanNameOf,
} from './message-operation.js';
import type { Tracing } from './tracing.js';

/** A span keeps no more links. */
const LINKS_MAX = 128;

/**
 * Makes spans for the commands on messages and for the commit groups that apply them. A commit group
 * works for many callers, so its span belongs to none of their traces: it is linked with the spans of
 * its commands, in both directions.
 */
export class CommandSpans {
  /** The spans that are kept, of commands under way. */
  private readonly spans = new WeakMap<Command, Span>();

  constructor(private readonly tracing: Tracing) {}

  /** Commands of calls belong to the span of their call. */
  ofCalls(commit: GroupCommit): GroupCommit {
    return this.watch(commit, () => this.tracing.active());
  }

  /** Commands of pushes serve many messages, whichever call they were begun in. */
  ofPushes(commit: GroupCommit): GroupCommit {
    return this.watch(commit, () => ROOT_CONTEXT);
  }

  ofGroups(store: CommitStore): CommitStore {
    return {
      commitGroupsUnderWayMax: store.commitGroupsUnderWayMax,
      aheadMin: store.aheadMin,
      apply: (group, facts) => {
        const spans = group.flatMap((command) => this.spans.get(command) ?? []);
        const apply = (): Promise<Outcome[]> => store.apply(group, facts);
        return spans.length === 0 ? apply() : this.applyIn(spans, group.length, apply);
      },
    };
  }

  private watch(commit: GroupCommit, parent: () => Context): GroupCommit {
    return {
      submit: (command, access) => {
        if (!isMessageCommand(command)) return commit.submit(command, access);
        const span = this.begin(command, parent());
        if (!span.isRecording()) return commit.submit(command, access);
        this.spans.set(command, span);
        return commit.submit(command, access).then((outcome) => {
          this.end(span, command, outcome);
          return outcome;
        });
      },
      messagesPublished: () => commit.messagesPublished(),
      stop: () => commit.stop(),
    };
  }

  private begin(command: MessageCommand, parent: Context): Span {
    const span = this.tracing.tracer.startSpan(
      spanNameOf(command),
      // The producer and the consumer are in the processes of the callers.
      { kind: SpanKind.INTERNAL, attributes: operationOf(command) },
      parent,
    );
    if (span.isRecording() && command.kind === 'publish') this.link(span, command.messages);
    return span;
  }

  private end(span: Span, command: MessageCommand, outcome: Outcome): void {
    span.setAttributes(messagesOf(command, outcome));
    if (!outcome.ok) {
      span.setAttribute('error.type', outcome.code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    } else if ('messages' in outcome) {
      this.link(span, outcome.messages);
    }
    span.end();
  }

  /** Links the span with those in which the messages were made. */
  private link(
    span: Span,
    messages: readonly { readonly messageId: string; readonly headers: string | null }[],
  ): void {
    for (const { messageId, headers } of messages.slice(0, LINKS_MAX)) {
      // Most messages have no trace, and need not be parsed.
      if (headers === null || !headers.includes('traceparent')) continue;
      const context = trace.getSpanContext(this.tracing.contextIn(JSON.parse(headers)));
      if (context === undefined) continue;
      span.addLink({ context, attributes: { 'messaging.message.id': messageId } });
    }
  }

  private async applyIn(
    commands: readonly Span[],
    size: number,
    apply: () => Promise<Outcome[]>,
  ): Promise<Outcome[]> {
    const links: Link[] = commands.map((command) => ({ context: command.spanContext() }));
    const attributes = { 'millrace.commit_group.commands': size };
    const span = this.tracing.sharedTracer.startSpan(
      'commit group',
      { kind: SpanKind.INTERNAL, attributes, links },
      ROOT_CONTEXT,
    );
    for (const command of commands) command.addLink({ context: span.spanContext() });
    try {
      return await apply();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: causeOf(error) });
      throw error;
    } finally {
      span.end();
    }
  }
}
