import { useCallback, useLayoutEffect, useRef, useState } from "react";
import type { ChatMessage } from "threadline";
import { type RowContext, type Rows, rowsOf } from "./rows";

export interface DrawnRows {
  readonly rows: Rows["rows"];
  /** Whether rows were added or removed above: the list keeps what is in view where it is. */
  readonly shift: boolean;
  /** The rows that were drawn last, for callbacks. */
  now(): Rows["rows"];
}

interface Drawing {
  /** What is to be drawn in the end. */
  readonly messages: readonly ChatMessage[];
  /** What is drawn now; not all of it while something new waits below. */
  readonly rows: Rows;
  readonly isWhole: boolean;
  readonly shift: boolean;
}

/**
 * Returns the rows to draw. The list can keep its place while it changes at one end, not at both: what was added above is
 * drawn first, and what was added below follows before the browser paints.
 */
export function useRows(messages: readonly ChatMessage[], firstUnread: number, hasOlder: boolean): DrawnRows {
  const [kept, setDrawing] = useState(() => nextDrawing(undefined, messages, { firstUnread, hasOlder }));
  let drawing = kept;
  const { context } = drawing.rows;
  const isSame = context.firstUnread === firstUnread && context.hasOlder === hasOlder;
  if (!isSame || !isSameList(drawing.messages, messages)) {
    drawing = nextDrawing(drawing, messages, isSame ? context : { firstUnread, hasOlder });
    setDrawing(drawing);
  }
  const drawn = useRef(drawing.rows);
  useLayoutEffect(() => {
    drawn.current = drawing.rows;
    if (!drawing.isWhole) setDrawing((now) => nextDrawing(now, now.messages, now.rows.context));
  }, [drawing]);
  return { rows: drawing.rows.rows, shift: drawing.shift, now: useCallback(() => drawn.current.rows, []) };
}

function nextDrawing(before: Drawing | undefined, messages: readonly ChatMessage[], context: RowContext): Drawing {
  const old = before?.rows;
  const part = withoutNewBelow(old?.messages, messages);
  const rows = rowsOf(part, context, old);
  // The list takes the first rows of all for rows that were added above others, and draws none.
  const hadRows = old !== undefined && old.rows.length > 0;
  const shift = hadRows && old.rows[0]!.message.id !== rows.rows[0]?.message.id && rows.rows.length !== old.rows.length;
  return { messages, rows, isWhole: part.length === messages.length, shift };
}

function isSameList(one: readonly ChatMessage[], other: readonly ChatMessage[]): boolean {
  return one === other || (one.length === other.length && one.every((message, index) => message === other[index]));
}

/** Leaves out what is new below while there is something new above. */
function withoutNewBelow(before: readonly ChatMessage[] | undefined, messages: readonly ChatMessage[]) {
  const last = before?.at(-1);
  if (!last || before![0]!.id === messages[0]?.id || last.id === messages.at(-1)?.id) return messages;
  const end = messages.findLastIndex((message) => message.id === last.id) + 1;
  return end === 0 ? messages : messages.slice(0, end);
}
