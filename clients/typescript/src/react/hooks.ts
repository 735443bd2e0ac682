import { useCallback, useSyncExternalStore } from "react";
import type { Limits, PresenceStatus } from "../api/frames.js";
import type { Unread } from "../api/types.js";
import type { OutboxState } from "../client.js";
import type { ConnectionState } from "../net/connection.js";
import type { Store } from "../store.js";
import type { ThreadHandle } from "../thread/handle.js";
import type { MessagesState, ThreadState } from "../thread/thread-store.js";
import type { ThreadsState } from "../threads.js";
import { useClient } from "./context.js";

/** The value of a store, now and whenever it changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** How the connection is. */
export function useConnection(): ConnectionState {
  return useStore(useClient().connection);
}

/** The user's id; empty until it is known. */
export function useUser(): string {
  return useStore(useClient().user);
}

/** The user's threads, latest activity first, and a function that loads more of them. */
export function useThreads(): ThreadsState & { loadMore: () => Promise<void> } {
  const client = useClient();
  const loadMore = useCallback(() => client.moreThreads(), [client]);
  return { ...useStore(client.threads), loadMore };
}

/** A thread with all its members, and what can be done in it. */
export function useThread(id: string): ThreadState & { handle: ThreadHandle } {
  const handle = useClient().thread(id);
  return { ...useStore(handle.state), handle };
}

/** A thread's messages, oldest first, and a function that loads those before. */
export function useMessages(id: string): MessagesState & { loadOlder: () => Promise<void> } {
  const handle = useClient().thread(id);
  const loadOlder = useCallback(() => handle.older(), [handle]);
  return { ...useStore(handle.messages), loadOlder };
}

/** How much is unread: in all threads, and in each. */
export function useUnread(): Unread {
  return useStore(useClient().unread);
}

/** The users who type in a thread, oneself left out. */
export function useTyping(id: string): readonly string[] {
  return useStore(useClient().thread(id).typists);
}

/** Whether a user is there. */
export function usePresence(user: string): PresenceStatus {
  return useStore(useClient().presence(user));
}

/** What the server wants to be kept to; null until it has said so. */
export function useLimits(): Limits | null {
  return useStore(useClient().limits);
}

/** What waits to be sent, and what failed. */
export function useOutbox(): OutboxState {
  return useStore(useClient().outbox);
}
