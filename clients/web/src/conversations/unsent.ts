import type { OutboxOp, Thread } from "threadline";

/** What a conversation holds that is not done yet. */
export interface Unsent {
  /** The newest message that waits. */
  readonly waiting: { readonly content: string; readonly at: number } | undefined;
  /** Whether something was refused. */
  readonly failed: boolean;
}

/** What waits or failed, by thread. */
export function unsentOf(ops: readonly OutboxOp[]): ReadonlyMap<string, Unsent> {
  const unsent = new Map<string, Unsent>();
  for (const { thread, type, content, at, error } of ops) {
    if (type === "read") continue;
    const { waiting, failed } = unsent.get(thread) ?? { waiting: undefined, failed: false };
    const newest = type === "send" && !error ? { content: content ?? "", at } : waiting;
    unsent.set(thread, { waiting: newest, failed: failed || error !== null });
  }
  return unsent;
}

/** When something was last said in it, as far as it is sent; milliseconds since the epoch. */
export function lastSaid({ last_message: last, created_at }: Thread): number {
  return Date.parse(last?.sent_at ?? created_at);
}

/** The list with those where a message waits further up, as they will stand once it is sent. */
export function ordered(threads: readonly Thread[], unsent: ReadonlyMap<string, Unsent>): readonly Thread[] {
  const at = (thread: Thread) => unsent.get(thread.id)?.waiting?.at;
  const raised = threads.filter((thread) => at(thread) !== undefined).sort((one, other) => at(other)! - at(one)!);
  if (raised.length === 0) return threads;
  const result: Thread[] = [];
  for (const thread of threads) {
    if (at(thread) !== undefined) continue;
    while (raised[0] && at(raised[0])! >= lastSaid(thread)) result.push(raised.shift()!);
    result.push(thread);
  }
  return result.concat(raised);
}

/** So many of these, in words: they are messages unless changes of messages are among them. */
export function counted(ops: readonly OutboxOp[]): string {
  const word = ops.every((op) => op.type === "send") ? "message" : "change";
  return ops.length === 1 ? `1 ${word}` : `${ops.length} ${word}s`;
}
