import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "./rows";

/** Nearer to the end than this is at the end. */
const END_PX = 32;
/** Farther from the end than this, one is offered the way back. */
const AWAY_PX = 240;
/** Where the first unread message comes to stand, from the top. */
const UNREAD_BELOW_TOP_PX = 96;

interface Scrolled {
  scroller: RefObject<HTMLDivElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  rows: readonly Row[];
  /** Whether the user has just written the newest message. */
  mineIsNewest: boolean;
  newestId: string | undefined;
}

/** Keeps the end in view while one is there, and knows when one is not. */
export function useScroll({ scroller, list, rows, mineIsNewest, newestId }: Scrolled) {
  /** Whether what comes is to be shown. */
  const stuck = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);

  const stick = useCallback(() => {
    const element = scroller.current;
    if (element && stuck.current) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  useLayoutEffect(() => {
    const unread = rows.findIndex((row) => row.fresh);
    if (unread <= 0) return stick();
    stuck.current = false;
    list.current?.scrollToIndex(unread, { align: "start", offset: -UNREAD_BELOW_TOP_PX });
    // Only what is there at first says where to begin.
  }, []);

  useLayoutEffect(() => {
    if (mineIsNewest) stuck.current = true;
  }, [mineIsNewest, newestId]);
  useLayoutEffect(stick, [rows, stick]);

  // The composer grows, the keyboard comes: the window gets smaller, its end stays.
  useEffect(() => {
    const observer = new ResizeObserver(stick);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, [scroller, stick]);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
    const left = scrollHeight - scrollTop - clientHeight;
    if (left <= END_PX) stuck.current = true;
    else if (scrollTop < lastTop.current - 1) stuck.current = false;
    lastTop.current = scrollTop;
    setAway(left > AWAY_PX && !stuck.current);
  };

  const toBottom = () => {
    stuck.current = true;
    setAway(false);
    stick();
  };

  return { stuck, away, onScroll, onResize: stick, toBottom };
}
