import fc from "fast-check";
import { expect, test } from "vitest";
import type { Member } from "../src/api/types.js";
import { type Summary, summaryOf, withEvent } from "../src/thread/summary.js";
import { FakeClock } from "./support/clock.js";
import { FakeEdge } from "./support/edge.js";

const marks = (members: readonly Member[]) =>
  members.map(({ user, joined_number, read_number }) => `${user} ${joined_number} ${read_number}`).sort();
const step = fc.tuple(fc.constantFrom("post", "mine", "edit", "delete", "add", "remove", "rename"), fc.nat(1_000));

/** A thread to which all of this has happened. */
function thread(steps: readonly (readonly [string, number])[]): FakeEdge {
  const edge = new FakeEdge(new FakeClock());
  edge.create("t", ["ann", "ben"]);
  for (const [kind, pick] of steps) {
    const messages = edge.messages("t").filter((message) => !message.deleted_at);
    const message = messages[pick % Math.max(1, messages.length)];
    const user = `user ${pick % 3}`;
    const isMember = edge.members("t").includes(user);
    const by = { by: "ben", at: edge.now() };
    if (kind === "post") edge.post("t", "ben", String(pick));
    else if (kind === "mine") edge.post("t", "ann", String(pick));
    else if (kind === "edit" && message) edge.edit(message, `edited ${pick}`);
    else if (kind === "delete" && message) edge.delete(message);
    else if (kind === "add" && !isMember) edge.append("t", { type: "member_added", user, role: "member", ...by });
    else if (kind === "remove" && isMember) edge.append("t", { type: "member_removed", user, ...by });
    else if (kind === "rename") edge.append("t", { type: "thread_changed", title: user, ...by });
  }
  return edge;
}

test("a snapshot and the events after it, some of them again, are a fresh snapshot", () => {
  const places = fc.tuple(fc.array(step, { maxLength: 40 }), fc.nat(), fc.nat());
  fc.assert(
    fc.property(places, ([steps, taken, again]) => {
      const edge = thread(steps);
      const at = 1 + (taken % edge.log.length);
      let summary: Summary = summaryOf(edge.snapshot("t", at)!, "ann");
      for (const event of edge.log.slice(again % at)) summary = withEvent(summary, event, "ann");
      const fresh = edge.snapshot("t")!;
      const { title, unread, members, last_message, ...rest } = summary.thread;
      expect(rest).toMatchObject({
        last_seq: fresh.last_seq,
        last_number: fresh.last_number,
        member_count: fresh.member_count,
      });
      expect(marks(members), "where they joined and how far they have read").toEqual(marks(fresh.members));
      expect(last_message).toEqual(fresh.last_message);
      if (edge.log.slice(at).some(({ event }) => event.type === "thread_changed")) {
        const change = edge.log.findLast(({ event }) => event.type === "thread_changed")!.event;
        expect(title).toBe(change.type === "thread_changed" && change.title);
      }
      // A count that is not known is said not to be.
      if (!summary.unsure) expect(unread).toBe(edge.unread("t"));
    }),
    { numRuns: 500 },
  );
});
