import type { ChatMessage } from "threadline";
import { expect, test } from "vitest";
import { type RowContext, rowsOf } from "../src/conversation/rows";

const context: RowContext = { firstUnread: 0, hasOlder: false };

function message(number: number, minutes: number, sender = "ann"): ChatMessage {
  const sent_at = new Date(2026, 0, 1, 12, minutes).toISOString();
  return { id: `m${number}`, number, sender, kind: "text", sent_at } as ChatMessage;
}

test("messages of one person within five minutes belong together", () => {
  const { rows } = rowsOf([message(1, 0), message(2, 4), message(3, 10), message(4, 11, "ben")], context);
  expect(rows.map(({ starts, ends }) => [starts, ends])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
  ]);
  expect(rows.map(({ day }) => day !== null)).toEqual([true, false, false, false]);
});

test("a new day begins with its first message; that of the first one loaded is not known", () => {
  const [first, second] = [message(1, 0), message(2, 24 * 60)];
  expect(rowsOf([first, second], context).rows.map(({ day }) => day !== null)).toEqual([true, true]);
  expect(rowsOf([first, second], { ...context, hasOlder: true }).rows.map(({ day }) => day !== null)).toEqual([
    false,
    true,
  ]);
});

test("the first unread message starts anew", () => {
  const { rows } = rowsOf([message(1, 0), message(2, 1)], { ...context, firstUnread: 2 });
  expect(rows.map(({ fresh, starts, ends }) => [fresh, starts, ends])).toEqual([
    [false, true, true],
    [true, true, true],
  ]);
});

test("only rows whose neighbours changed are other objects", () => {
  const messages = [message(1, 0), message(2, 1), message(3, 2), message(4, 3), message(5, 4)];
  const before = rowsOf(messages, context);
  const changed = messages.with(2, { ...messages[2]!, content: "edited" });
  const after = rowsOf(changed, context, before);
  expect(after.rows.map((row, index) => row === before.rows[index])).toEqual([true, false, false, false, true]);
  expect(rowsOf(changed, context, after)).toBe(after);
});
