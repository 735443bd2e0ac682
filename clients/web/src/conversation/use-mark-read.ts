import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import { hasGap, markAfter, markOf, type VisibleRange } from "./read-mark";
import type { Row } from "./rows";

/** Marks are written at most this often. */
const WRITE_MS = 300;
/** A message is in view once this much of it is. */
const SEEN_PX = 24;
const LOOKS = 20;
const NOTHING: VisibleRange = { first: Number.POSITIVE_INFINITY, last: 0 };

interface Looked {
  thread: Thread;
  me: string;
  scroller: RefObject<HTMLDivElement | null>;
  rows: readonly Row[];
  /** Whether what comes at the end is shown as it comes. */
  isStuck: () => boolean;
}

export interface Seen {
  /** The number of the last message that has been in view. */
  readonly upTo: number;
  /** Whether unread messages lie above what is in view. */
  readonly unreadAbove: boolean;
  /** To be called when something may have come into view. */
  check(): void;
  /** The number of the first message that is not read, or of the next one that comes. */
  firstUnread(): number;
}

/** Marks as read what is really looked at: what was in view, without a gap, in a page that has the focus. */
export function useMarkRead({ thread, me, scroller, rows, isStuck }: Looked): Seen {
  const handle = useClient().thread(thread.id);
  const [upTo, setUpTo] = useState(() => markOf(thread, me));
  const [unreadAbove, setUnreadAbove] = useState(false);
  const mark = useRef(upTo);
  /** Whether all was read and what comes is shown: many messages that come at once move past, and are read nonetheless. */
  const following = useRef(false);
  const newest = useRef(0);
  const frame = useRef(0);
  const timer = useRef(0);

  /** Frames in which to look again: rows are drawn, and take their places, some frames after what led to it. */
  const looks = useRef(0);

  const check = useCallback(() => {
    const look = () => {
      frame.current = --looks.current > 0 ? requestAnimationFrame(look) : 0;
      const view = scroller.current ? visibleRange(scroller.current) : NOTHING;
      if (view.last === 0) return;
      setUpTo((before) => Math.max(before, view.last));
      const isLooking = document.visibilityState === "visible" && document.hasFocus();
      if (following.current && isLooking && isStuck()) mark.current = Math.max(mark.current, view.last);
      else if (isLooking) mark.current = markAfter(mark.current, view);
      following.current = isLooking && isStuck() && mark.current >= newest.current;
      timer.current ||= window.setTimeout(() => {
        timer.current = 0;
        handle.markRead(mark.current);
      }, WRITE_MS);
      setUnreadAbove(hasGap(mark.current, view));
    };
    looks.current = LOOKS;
    frame.current ||= requestAnimationFrame(look);
  }, [handle, scroller, isStuck]);

  useEffect(() => {
    // Other devices and one's own messages move the mark, too.
    mark.current = Math.max(mark.current, markOf(thread, me));
    check();
  }, [thread, me, check]);
  useEffect(() => {
    newest.current = rows.findLast((row) => row.message.number > 0)?.message.number ?? 0;
    check();
  }, [rows, check]);
  useEffect(() => {
    addEventListener("focus", check);
    document.addEventListener("visibilitychange", check);
    return () => {
      removeEventListener("focus", check);
      document.removeEventListener("visibilitychange", check);
      cancelAnimationFrame(frame.current);
      clearTimeout(timer.current);
      frame.current = timer.current = 0;
    };
  }, [check]);

  return { upTo, unreadAbove, check, firstUnread: useCallback(() => mark.current + 1, []) };
}

/** The posted messages that are in view. */
function visibleRange(scroller: HTMLElement): VisibleRange {
  const { top, bottom } = scroller.getBoundingClientRect();
  let { first, last } = NOTHING;
  for (const article of scroller.querySelectorAll<HTMLElement>("article[data-number]")) {
    const number = Number(article.dataset.number);
    const place = article.getBoundingClientRect();
    const isInView = place.top + SEEN_PX <= bottom && place.bottom - SEEN_PX >= top;
    if (number === 0 || !isInView || getComputedStyle(article).visibility === "hidden") continue;
    first = Math.min(first, number);
    last = Math.max(last, number);
  }
  return { first, last };
}
