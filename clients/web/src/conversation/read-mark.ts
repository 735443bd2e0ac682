import type { Thread } from "threadline";

/** The numbers of the first and the last message in view. */
export interface VisibleRange {
  readonly first: number;
  readonly last: number;
}

/** The number of the last message that does not count as unread: what was read, and what was there before one joined. */
export function markOf({ members, last_number, unread }: Thread, me: string): number {
  const mine = members.find((member) => member.user === me);
  return mine ? Math.max(mine.read_number, mine.joined_number) : last_number - unread;
}

/** The number of the first unread message; 0 when all are read. */
export function firstUnreadOf(thread: Thread, me: string): number {
  return thread.unread === 0 ? 0 : markOf(thread, me) + 1;
}

/** Moves the read mark by what is in view. It stays where messages that were never in view lie between. */
export function markAfter(mark: number, range: VisibleRange): number {
  return hasGap(mark, range) ? mark : Math.max(mark, range.last);
}

/** Whether messages that are not read lie above what is in view. */
export function hasGap(mark: number, range: VisibleRange): boolean {
  return range.first > mark + 1;
}
