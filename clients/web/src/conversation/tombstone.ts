import type { Message } from "threadline";
import type { NameOf } from "../people/directory";

type Gone = Pick<Message, "deleted_at" | "deleted_by" | "erased" | "sender">;

/** What stands in the place of a message whose text is gone; null while it is there. Says who deleted another's message. */
export function tombstone(message: Gone, nameOf: NameOf): string | null {
  const { deleted_at, deleted_by, erased, sender } = message;
  if (deleted_at && deleted_by && deleted_by !== sender) return `Message deleted by ${nameOf(deleted_by)}`;
  if (deleted_at) return "Message deleted";
  return erased ? "Message erased" : null;
}
