import { useSyncExternalStore } from "react";
import type { Thread } from "threadline";
import { useSession } from "../session/context";
import type { NameOf } from "./directory";

/** Names users; another function once more names are known. */
export function useNames(): NameOf {
  const { directory } = useSession();
  return useSyncExternalStore(directory.subscribe, directory.get);
}

const LISTED_MAX = 4;

/** The other one in a dm; oneself when there is nobody else. */
export function otherIn(thread: Thread, me: string): string | undefined {
  if (thread.kind !== "dm") return undefined;
  return thread.members.find((member) => member.user !== me)?.user ?? me;
}

/** What a conversation is called: its title, or the people in it. */
export function titleOf(thread: Thread, me: string, nameOf: NameOf): string {
  if (thread.title?.trim()) return thread.title;
  const other = otherIn(thread, me);
  if (other !== undefined) return nameOf(other);
  if (thread.key) return thread.key;
  const others = thread.members.filter((member) => member.user !== me).map((member) => nameOf(member.user));
  if (others.length === 0) return "Only you";
  const more = thread.member_count - 1 - Math.min(others.length, LISTED_MAX);
  return others.slice(0, LISTED_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** How many are in a conversation, in words. */
export function membersOf({ member_count: count }: Thread): string {
  return count === 1 ? "1 member" : `${count} members`;
}

/** How a user is called among people who know each other. */
export function firstNameOf(name: string): string {
  return name.split(" ")[0] || name;
}
