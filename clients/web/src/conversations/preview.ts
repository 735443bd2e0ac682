import type { Thread } from "threadline";
import { tombstone } from "../conversation/tombstone";
import type { NameOf } from "../people/directory";
import { firstNameOf, membersOf } from "../people/names";

const CHARS_MAX = 120;

/** The last message in one line. */
export function previewOf(thread: Thread, me: string, nameOf: NameOf): string {
  const last = thread.last_message;
  if (!last) return thread.kind === "dm" ? "Say hello" : membersOf(thread);
  const gone = tombstone(last, nameOf);
  if (gone) return gone;
  const text = oneLine(last.content);
  if (last.kind === "system") return text;
  if (last.sender === me) return `You: ${text}`;
  return thread.kind === "dm" ? text : `${firstNameOf(nameOf(last.sender))}: ${text}`;
}

/** As much of a text as fits into a line. */
export function oneLine(text: string): string {
  return text
    .slice(0, 4 * CHARS_MAX)
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, CHARS_MAX);
}
