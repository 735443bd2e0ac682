import { useEffect, useRef, useState } from "react";
import type { Thread } from "threadline";
import { firstUnreadOf } from "./read-mark";

/**
 * Returns the number of the first message that was unread when the conversation was opened; 0 for none. It stays until the
 * conversation is left, unless all was read when the user turned to another window: then it is what came meanwhile.
 */
export function useFirstUnread(thread: Thread, me: string): number {
  const [number, setNumber] = useState(() => firstUnreadOf(thread, me));
  const now = useRef(thread);
  useEffect(() => {
    now.current = thread;
  }, [thread]);
  useEffect(() => {
    let wasAllRead = false;
    const onBlur = () => {
      wasAllRead = now.current.unread === 0;
    };
    const onFocus = () => {
      const first = firstUnreadOf(now.current, me);
      if (wasAllRead && first > 0) setNumber(first);
    };
    addEventListener("blur", onBlur);
    addEventListener("focus", onFocus);
    return () => {
      removeEventListener("blur", onBlur);
      removeEventListener("focus", onFocus);
    };
  }, [me]);
  return number;
}
