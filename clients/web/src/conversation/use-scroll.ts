import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "./rows";

/** Nearer to the end than this is at the end. */
const END_PX = 32;
/** Farther from the end than this, the way back is offered. */
const AWAY_PX = 240;
/** Where the first unread message comes to stand, from the top. */
const UNREAD_BELOW_TOP_PX = 96;
/** More than what stands below the last message. */
const BELOW_LAST_PX = 1_000;
/** Rows are measured once their heights have not changed for so many frames. */
const STILL_FRAMES = 3;
const FRAMES_MAX = 60;

interface Scrolled {
  scroller: RefObject<HTMLDivElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  rows: readonly Row[];
  /** The id of the newest message if the user has just written it. */
  justWritten: string | undefined;
}

export interface Scroll {
  /** Whether the end is out of sight. */
  readonly away: boolean;
  /** Whether what comes at the end is shown. */
  isStuck(): boolean;
  /** Stops following the end: the list is about to show something else. */
  release(): void;
  onScroll(): void;
  onResize(): void;
  toBottom(): void;
}

/** Opens at the first unread message, else at the end; keeps the end in view while it is, and knows when it is not. */
export function useScroll({ scroller, list, rows, justWritten }: Scrolled): Scroll {
  const stuck = useRef(true);
  const opened = useRef(false);
  /** Until rows are measured, what looks like the end need not be. */
  const opening = useRef(false);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);

  const stick = useCallback(() => {
    const element = scroller.current;
    if (element && stuck.current) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const left = scrollHeight - scrollTop - clientHeight;
    if (left <= END_PX) stuck.current = !opening.current;
    else if (scrollTop < lastTop.current - 1) stuck.current = false;
    lastTop.current = scrollTop;
    setAway(left > AWAY_PX && !stuck.current);
  }, [scroller]);

  useLayoutEffect(() => {
    if (opened.current) return;
    // Only what is there at first says where to begin.
    opened.current = true;
    const unread = rows.findIndex((row) => row.fresh);
    if (unread < 0) return;
    stuck.current = false;
    opening.current = true;
    list.current?.scrollToIndex(unread, { align: "start", offset: -UNREAD_BELOW_TOP_PX });
    onceStill(scroller, () => {
      opening.current = false;
      onScroll();
    });
  }, [rows, list, scroller, onScroll]);

  useLayoutEffect(() => {
    if (justWritten !== undefined) stuck.current = true;
  }, [justWritten]);
  useLayoutEffect(() => {
    if (rows.length > 0) stick();
  }, [rows, stick]);

  // The composer grows, the keyboard comes: the window gets smaller, its end stays.
  useEffect(() => {
    const observer = new ResizeObserver(stick);
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [scroller, stick]);

  const isStuck = useCallback(() => stuck.current, []);
  const release = useCallback(() => {
    stuck.current = false;
  }, []);
  const toBottom = useCallback(() => {
    stuck.current = true;
    opening.current = false;
    setAway(false);
    // Takes the place of a jump that is still under way, which would be taken up again with the next row that is measured.
    list.current?.scrollToIndex(rows.length - 1, { align: "end", offset: BELOW_LAST_PX });
    stick();
  }, [list, rows.length, stick]);
  return useMemo(
    () => ({ away, isStuck, release, onScroll, onResize: stick, toBottom }),
    [away, isStuck, release, onScroll, stick, toBottom],
  );
}

/** Calls back once what is scrolled keeps its height and place, or after a second. */
function onceStill(scroller: RefObject<HTMLDivElement | null>, run: () => void): void {
  let [still, frames, before] = [0, 0, ""];
  const look = () => {
    const element = scroller.current;
    if (!element) return;
    const now = `${element.scrollHeight} ${element.scrollTop}`;
    still = now === before ? still + 1 : 0;
    before = now;
    if (still >= STILL_FRAMES || ++frames >= FRAMES_MAX) run();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
