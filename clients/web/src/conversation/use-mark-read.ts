import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "./rows";

/** Marks are written at most this often. */
const MARK_MS = 300;
/** A message counts as seen when as much of it is above the window's lower edge. */
const SEEN_PX = 24;

interface Looked {
  thread: Thread;
  me: string;
  scroller: RefObject<HTMLDivElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  rows: readonly Row[];
}

/** Marks as read what is really looked at: in view, in a page that has the focus. */
export function useMarkRead({ thread, me, scroller, list, rows }: Looked) {
  const handle = useClient().thread(thread.id);
  const [upTo, setUpTo] = useState(() => readBefore(thread, me));
  const timer = useRef(0);
  const now = useRef(rows);
  useLayoutEffect(() => {
    now.current = rows;
  }, [rows]);

  const mark = useCallback(() => {
    timer.current = 0;
    const element = scroller.current;
    if (!element || !list.current) return;
    const { scrollTop, clientHeight } = element;
    const offset = scrollTop + clientHeight - element.firstElementChild!.clientHeight - SEEN_PX;
    const number = numberAt(now.current, list.current.findItemIndex(offset));
    if (number === 0) return;
    setUpTo((before) => Math.max(before, number));
    if (document.visibilityState === "visible" && document.hasFocus()) handle.markRead(number);
  }, [handle, scroller, list]);

  const check = useCallback(() => {
    timer.current ||= window.setTimeout(mark, MARK_MS);
  }, [mark]);

  useEffect(check, [rows, check]);
  useEffect(() => {
    addEventListener("focus", check);
    document.addEventListener("visibilitychange", check);
    return () => {
      removeEventListener("focus", check);
      document.removeEventListener("visibilitychange", check);
      clearTimeout(timer.current);
      timer.current = 0;
    };
  }, [check]);

  return { upTo, check };
}

/** Up to where the user has read already. */
function readBefore({ members, last_number, unread }: Thread, me: string): number {
  return members.find((member) => member.user === me)?.read_number ?? last_number - unread;
}

/** The number of this row's message, or of the nearest one before it that has one. */
function numberAt(rows: readonly Row[], index: number): number {
  for (let at = Math.min(index, rows.length - 1); at >= 0; at--) {
    const { number } = rows[at]!.message;
    if (number > 0) return number;
  }
  return 0;
}
