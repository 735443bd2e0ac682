import type { Thread } from "threadline";
import { expect, test } from "vitest";
import { firstUnreadOf, hasGap, markAfter, markOf } from "../src/conversation/read-mark";

function thread(joined_number: number, read_number: number, last_number: number, unread: number): Thread {
  const ann = { user: "ann", name: null, role: "member", joined_number, read_number };
  return { members: [ann], last_number, unread } as unknown as Thread;
}

test("what is unread begins after what was read, and after what was there when one joined", () => {
  expect(firstUnreadOf(thread(0, 0, 30, 30), "ann"), "from the very first message").toBe(1);
  expect(firstUnreadOf(thread(0, 3, 200, 197), "ann")).toBe(4);
  expect(firstUnreadOf(thread(5, 0, 7, 2), "ann"), "joined after five").toBe(6);
  expect(firstUnreadOf(thread(0, 7, 7, 0), "ann")).toBe(0);
  expect(markOf(thread(0, 3, 200, 197), "not listed")).toBe(3);
});

test("only messages that were in view, one after the other, are read", () => {
  expect(markAfter(3, { first: 4, last: 12 })).toBe(12);
  expect(markAfter(12, { first: 8, last: 10 }), "scrolled back").toBe(12);
  expect(markAfter(12, { first: 13, last: 20 })).toBe(20);
  expect(markAfter(12, { first: 190, last: 200 }), "jumped to the end").toBe(12);
  expect([hasGap(12, { first: 190, last: 200 }), hasGap(12, { first: 13, last: 20 })]).toEqual([true, false]);
});
