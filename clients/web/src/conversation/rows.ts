import type { ChatMessage } from "threadline";
import { dayOf } from "../ui/times";

/** A message with its place among its neighbours. */
export interface Row {
  readonly message: ChatMessage;
  /** When it was sent, milliseconds since the epoch. */
  readonly at: number;
  /** The day that begins with it, by its first moment. */
  readonly day: number | null;
  /** The first one of those that a person sent in a row. */
  readonly starts: boolean;
  readonly ends: boolean;
  /** The first one that was not read when the conversation was opened. */
  readonly fresh: boolean;
}

export interface Rows {
  readonly messages: readonly ChatMessage[];
  readonly rows: readonly Row[];
  readonly context: RowContext;
}

/** What the rows depend on beside the messages. */
export interface RowContext {
  /** The number of the first message that was not read at first; 0 for none. */
  readonly firstUnread: number;
  /** Whether there are messages above: what day the first one here begins is not known then. */
  readonly hasOlder: boolean;
}

/** Messages of one person this close together belong together. */
const TOGETHER_MS = 5 * 60_000;

const moments = new WeakMap<ChatMessage, { at: number; day: number }>();

function momentOf(message: ChatMessage): { at: number; day: number } {
  let moment = moments.get(message);
  if (!moment) {
    const at = Date.parse(message.sent_at);
    moment = { at, day: dayOf(at) };
    moments.set(message, moment);
  }
  return moment;
}

/**
 * The rows of these messages. Those whose neighbours are the same as `before` are the same objects: only what changed
 * is worked out, and drawn.
 */
export function rowsOf(messages: readonly ChatMessage[], context: RowContext, before?: Rows): Rows {
  if (!before || before.context !== context) return { messages, context, rows: span(messages, context, 0) };
  const old = before.messages;
  const shorter = Math.min(old.length, messages.length);
  let head = 0;
  while (head < shorter && old[head] === messages[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === messages[messages.length - 1 - tail]) tail++;
  if (head === old.length && head === messages.length) return before;
  // The neighbours of what changed may look different now.
  const kept = { head: Math.max(0, head - 1), tail: Math.max(0, tail - 1) };
  const middle = span(messages, context, kept.head, messages.length - kept.tail);
  const rows = before.rows.slice(0, kept.head).concat(middle, before.rows.slice(old.length - kept.tail));
  return { messages, context, rows };
}

function span(messages: readonly ChatMessage[], context: RowContext, from: number, to = messages.length): Row[] {
  const rows: Row[] = [];
  for (let at = from; at < to; at++) rows.push(rowOf(messages, context, at));
  return rows;
}

function rowOf(messages: readonly ChatMessage[], { firstUnread, hasOlder }: RowContext, index: number): Row {
  const message = messages[index]!;
  const { at, day } = momentOf(message);
  const previous = messages[index - 1];
  const next = messages[index + 1];
  const fresh = message.number > 0 && message.number === firstUnread;
  return {
    message,
    at,
    day: (previous ? momentOf(previous).day === day : hasOlder) ? null : day,
    starts: !previous || fresh || apart(previous, message),
    ends: !next || (next.number > 0 && next.number === firstUnread) || apart(message, next),
    fresh,
  };
}

function apart(one: ChatMessage, next: ChatMessage): boolean {
  if (one.sender !== next.sender || (one.kind === "system") !== (next.kind === "system")) return true;
  const [first, second] = [momentOf(one), momentOf(next)];
  return first.day !== second.day || second.at - first.at > TOGETHER_MS;
}
