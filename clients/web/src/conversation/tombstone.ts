import type { Message } from "threadline";

/** What stands in the place of a message whose text is gone; null while it is there. */
export function tombstone(message: Pick<Message, "deleted_at" | "erased">): string | null {
  if (message.deleted_at) return "Message deleted";
  return message.erased ? "Message erased" : null;
}
