import { useLayoutEffect, useMemo, useReducer, useRef } from "react";
import type { ChatMessage } from "threadline";
import { type About, type Rows, rowsOf } from "./rows";

export interface DrawnRows {
  readonly rows: Rows["rows"];
  /** Whether rows were added or taken away above: what is shown is to keep its place. */
  readonly shift: boolean;
  /** The rows of now, for callbacks. */
  now(): Rows["rows"];
}

/**
 * The rows to draw. The list can keep its place while it changes at one end, not at both: what was added at the top is
 * drawn first, and before anybody sees it what was added at the bottom.
 */
export function useRows(messages: readonly ChatMessage[], firstUnread: number, hasOlder: boolean): DrawnRows {
  const drawn = useRef<Rows>(undefined);
  const [, again] = useReducer((times: number) => times + 1, 0);
  const about = useMemo<About>(() => ({ firstUnread, hasOlder }), [firstUnread, hasOlder]);
  const before = drawn.current;
  const part = firstPart(before?.messages, messages);
  const built = useMemo(() => rowsOf(part, about, drawn.current), [part, about]);
  const old = before?.rows;
  // The list takes the first rows of all for rows that were added above others, and draws none.
  const hadRows = old !== undefined && old.length > 0;
  const shift = hadRows && old[0]!.message.id !== built.rows[0]?.message.id && built.rows.length !== old.length;
  useLayoutEffect(() => {
    drawn.current = built;
    if (built.messages !== messages) again();
  }, [built, messages]);
  return { rows: built.rows, shift, now: () => drawn.current?.rows ?? [] };
}

/** Without what is new below, when there is something new above. */
function firstPart(before: readonly ChatMessage[] | undefined, messages: readonly ChatMessage[]) {
  const last = before?.at(-1);
  if (!last || before![0]!.id === messages[0]?.id || last.id === messages.at(-1)?.id) return messages;
  const end = messages.findLastIndex((message) => message.id === last.id) + 1;
  return end === 0 ? messages : messages.slice(0, end);
}
