import type { ErrorBody } from "../api/frames.js";
import type { Message } from "../api/types.js";
import { messageOf, type Op } from "../outbox/op.js";

/** A message as its thread's page shows it. */
export interface ChatMessage extends Message {
  /**
   * `pending`: what is shown is not durable yet; `failed`: it was refused and waits for retry or discard. The number
   * and seq of a message that is not posted yet are 0.
   */
  readonly state: "pending" | "sent" | "failed";
  /** Why it failed. */
  readonly error: ErrorBody | null;
}

/** A message that is durable. */
export function shown(message: Message): ChatMessage {
  return { ...message, state: "sent", error: null };
}

const asState = ({ error }: Op): Pick<ChatMessage, "state" | "error"> => ({
  state: error ? "failed" : "pending",
  error,
});
/** The same op is shown as the same object. */
const unsent = new WeakMap<Op, ChatMessage>();

/** The messages as they will be once all ops of their thread are done. */
export function overlaid(messages: readonly ChatMessage[], ops: readonly Op[], me: string): readonly ChatMessage[] {
  if (ops.length === 0) return messages;
  const result = [...messages];
  for (const op of ops) {
    if (op.type === "read") continue;
    if (op.type === "send") {
      result.push(asMessage(op, me));
      continue;
    }
    const at = result.findLastIndex((message) => message.id === messageOf(op));
    const message = result[at];
    if (!message) continue;
    // What concerns a message that was not posted waits for that.
    const { state, error } = message.number === 0 && message.error ? message : asState(op);
    const change = { state, error };
    if (op.type === "edit") {
      const metadata = op.metadata ?? message.metadata;
      result[at] = { ...message, ...change, content: op.content, metadata, edited_at: timeOf(op) };
    } else {
      result[at] = { ...message, ...change, content: "", metadata: {}, deleted_at: timeOf(op), deleted_by: me };
    }
  }
  return result;
}

const timeOf = (op: Op) => new Date(op.at).toISOString();

function asMessage(op: Op & { type: "send" }, me: string): ChatMessage {
  let message = unsent.get(op);
  if (!message) {
    message = {
      ...op.draft,
      id: op.id,
      thread: op.thread,
      seq: 0,
      number: 0,
      sender: me,
      attachments: [],
      reactions: {},
      pinned: false,
      sent_at: timeOf(op),
      edited_at: null,
      deleted_at: null,
      deleted_by: null,
      expires_at: null,
      ...asState(op),
    };
    unsent.set(op, message);
  }
  return message;
}
