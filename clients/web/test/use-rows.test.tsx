// @vitest-environment jsdom
import { act } from "react";
import { createRoot } from "react-dom/client";
import type { ChatMessage } from "threadline";
import { expect, test } from "vitest";
import { type DrawnRows, useRows } from "../src/conversation/use-rows";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

function message(number: number): ChatMessage {
  return {
    id: `m${number}`,
    thread: "t",
    seq: number + 1,
    number,
    sender: "ann",
    kind: "text",
    content: `${number}`,
    metadata: {},
    attachments: [],
    reply_to: null,
    reactions: {},
    pinned: false,
    sent_at: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
    edited_at: null,
    deleted_at: null,
    deleted_by: null,
    expires_at: null,
    state: "sent",
    error: null,
  };
}

type Seen = [numbers: number[], shift: boolean];

function List({ messages, seen }: { messages: ChatMessage[]; seen: Seen[] }) {
  const { rows, shift }: DrawnRows = useRows(messages, 0, false);
  seen.push([rows.map((row) => row.message.number), shift]);
  return null;
}

/** What the list was given in each of its renderings: the numbers, and whether they keep their place. */
async function drawn(...steps: number[][]): Promise<Seen[]> {
  const seen: Seen[] = [];
  const known = new Map(steps.flat().map((number) => [number, message(number)]));
  const root = createRoot(document.createElement("div"));
  for (const numbers of steps)
    await act(async () => root.render(<List messages={numbers.map((number) => known.get(number)!)} seen={seen} />));
  await act(async () => root.unmount());
  return seen;
}

test("the first message of an empty conversation comes at the end, not above others", async () => {
  const seen = await drawn([], [1], [1, 2]);
  expect(seen.at(-1)).toEqual([[1, 2], false]);
  expect(seen.filter(([, shift]) => shift)).toEqual([]);
});

test("older messages keep the place of those below", async () => {
  const seen = await drawn([3, 4], [1, 2, 3, 4]);
  expect(seen).toContainEqual([[1, 2, 3, 4], true]);
});

test("what came above is drawn before what came below", async () => {
  const seen = await drawn([3, 4], [1, 2, 3, 4, 5]);
  const above = seen.findIndex(([numbers, shift]) => shift && numbers.join() === "1,2,3,4");
  const below = seen.findIndex(([numbers, shift]) => !shift && numbers.join() === "1,2,3,4,5");
  expect(above).toBeGreaterThan(-1);
  expect(below).toBeGreaterThan(above);
});
