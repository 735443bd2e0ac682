import type { Member } from "threadline";
import { expect, test } from "vitest";
import { isReadByAll, receiptsOf } from "../src/conversation/receipts";

function member(user: string, joined_number: number, read_number: number): Member {
  return { user, name: null, role: "member", joined_number, read_number };
}

test("whoever was added later has not seen what was written before", () => {
  const receipts = receiptsOf([member("ann", 0, 5), member("ben", 0, 5), member("fay", 5, 0)], "ann");
  expect([...receipts.at]).toEqual([[5, ["ben"]]]);
  expect(
    receiptsOf([member("ann", 0, 5), member("fay", 5, 4)], "ann").at.size,
    "read before leaving and coming back",
  ).toBe(0);
});

test("whoever was added later does not keep a message from being read by all who were there", () => {
  const receipts = receiptsOf([member("ann", 0, 6), member("ben", 0, 5), member("fay", 4, 0)], "ann");
  expect([1, 4, 5, 6].map((number) => isReadByAll(receipts, number))).toEqual([true, true, false, false]);
});

test("a message sent before anyone else was there was read by nobody", () => {
  const receipts = receiptsOf([member("ann", 0, 3), member("fay", 3, 0), member("gus", 3, 4)], "ann");
  expect([1, 3, 4].map((number) => isReadByAll(receipts, number))).toEqual([false, false, false]);
  expect(isReadByAll(receiptsOf([member("ann", 0, 3)], "ann"), 1), "alone").toBe(false);
});

test("lists that stay the same are the same objects", () => {
  const before = receiptsOf([member("ann", 0, 6), member("ben", 0, 5), member("cleo", 0, 4)], "ann");
  const after = receiptsOf([member("ann", 0, 7), member("ben", 0, 5), member("cleo", 0, 6)], "ann", before);
  expect(after.at.get(5)).toBe(before.at.get(5));
  expect(after.at.get(6)).toEqual(["cleo"]);
});
