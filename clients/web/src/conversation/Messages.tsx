import { useEffect, useState } from "react";
import type { Thread } from "threadline";
import { useClient, useMessages, useUser } from "threadline/react";
import type { Actions } from "./actions";
import { loadTo } from "./load-to";
import { MessageList } from "./MessageList";
import { Skeleton } from "./Skeleton";
import { useFirstUnread } from "./use-first-unread";

/** Pages that are loaded to open a conversation at its first unread message; one with more unread opens at its end. */
const OPEN_PAGES_MAX = 10;

/** A conversation's messages, once they are loaded down to where the user left off. */
export function Messages({ thread, actions }: { thread: Thread; actions: Actions }) {
  const handle = useClient().thread(thread.id);
  const { messages, loading } = useMessages(thread.id);
  const firstUnread = useFirstUnread(thread, useUser());
  const [ready, setReady] = useState(firstUnread === 0);
  useEffect(() => {
    if (ready) return undefined;
    let left = false;
    void loadTo(handle, firstUnread, OPEN_PAGES_MAX).then(() => {
      if (!left) setReady(true);
    });
    return () => {
      left = true;
    };
  }, [ready, handle, firstUnread]);
  if (!ready || (messages.length === 0 && loading)) return <Skeleton />;
  return <MessageList thread={thread} firstUnread={firstUnread} actions={actions} />;
}
