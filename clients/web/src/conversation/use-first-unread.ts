import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Thread } from "threadline";

/** Where the user left off: the first message unread when the conversation was opened, or the page was looked at again. */
export function useFirstUnread(thread: Thread, me: string): number {
  const [number, setNumber] = useState(() => firstUnreadOf(thread, me));
  const now = useRef(thread);
  useLayoutEffect(() => {
    now.current = thread;
  }, [thread]);
  useEffect(() => {
    const onFocus = () => {
      const first = firstUnreadOf(now.current, me);
      if (first > 0) setNumber(first);
    };
    addEventListener("focus", onFocus);
    return () => removeEventListener("focus", onFocus);
  }, [me]);
  return number;
}

/** The number of the first message that the user has not read; 0 when all are read. */
function firstUnreadOf(thread: Thread, me: string): number {
  if (thread.unread === 0) return 0;
  const own = thread.members.find((member) => member.user === me);
  return own ? own.read_number + 1 : thread.last_number - thread.unread + 1;
}
