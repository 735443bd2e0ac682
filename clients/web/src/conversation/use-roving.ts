import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "./rows";

/** A message that comes into view is drawn, measured and can be focused within these frames. */
const FRAMES_MAX = 30;

interface Roving {
  scroller: RefObject<HTMLDivElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  rows: readonly Row[];
  /** Called when the user goes elsewhere than to the end. */
  onMove: () => void;
}

/** One tab stop for all messages; arrow keys, Home and End move it. */
export function useRoving({ scroller, list, rows, onMove }: Roving) {
  const [focused, setFocused] = useState<string>();
  /** The message that the focus is on its way to. */
  const [target, setTarget] = useState<string>();
  const indexOf = (id: string | undefined) =>
    id === undefined ? -1 : rows.findLastIndex((row) => row.message.id === id);
  const focusedIndex = indexOf(focused);
  const targetIndex = indexOf(target);

  useEffect(() => {
    if (target === undefined) return undefined;
    let frames = 0;
    let next = 0;
    const attempt = () => {
      const article = scroller.current?.querySelector<HTMLElement>(`article[data-message-id="${CSS.escape(target)}"]`);
      article?.focus({ preventScroll: true });
      if (document.activeElement === article || ++frames > FRAMES_MAX) setTarget(undefined);
      else next = requestAnimationFrame(attempt);
    };
    attempt();
    return () => cancelAnimationFrame(next);
  }, [target, scroller]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || !event.target.matches("article")) return;
    const at = targetIndex >= 0 ? targetIndex : focusedIndex;
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? undefined : rows[to];
    if (!row) return;
    event.preventDefault();
    onMove();
    setTarget(row.message.id);
    list.current?.scrollToIndex(to!, { align: "nearest" });
  };
  const onFocus = (event: FocusEvent) => {
    const id = event.target.closest("article")?.dataset.messageId;
    if (id) setFocused(id);
  };

  return {
    /** Where Tab leads. */
    tabbed: focusedIndex < 0 ? rows.at(-1)?.message.id : focused,
    /** These stay drawn wherever one scrolls. */
    kept: [focusedIndex, targetIndex].filter((index) => index >= 0),
    onKeyDown,
    onFocus,
  };
}
