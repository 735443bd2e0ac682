import fc from "fast-check";
import { expect, test } from "vitest";
import type { ThreadUpdate } from "../src/thread/thread-store.js";
import { clientOf } from "./support/client.js";
import { FakeClock, settle } from "./support/clock.js";
import { FakeEdge } from "./support/edge.js";

const step = fc.tuple(
  fc.constantFrom(
    "post",
    "post",
    "post",
    "edit",
    "edit old",
    "delete",
    "send",
    "edit own",
    "read",
    "create",
    "leave",
    "drop",
    "drop",
    "drop",
    "mangle",
    "calm",
    "lag",
    "forget",
    "lose answer",
    "wait",
    "older",
    "storm",
  ),
  fc.nat(10_000),
);

test("whatever the network does, the client ends with what the server has, and each event is told once and in order", async () => {
  const run = async (steps: readonly (readonly [string, number])[]) => {
    const clock = new FakeClock();
    const edge = new FakeEdge(clock);
    edge.create("a", ["ann", "ben"]);
    edge.create("b", ["ben", "ann"]);
    for (let at = 0; at < 60; at++) edge.post("a", "ben", `old ${at}`);
    const client = clientOf(edge, clock);
    const heard = new Map([["a", edge.events("a").length]]);
    const hear = (thread: string) =>
      client.thread(thread).subscribe((event: ThreadUpdate) => {
        if (event.event.type === "reset") {
          // Only so many missed events are told one by one.
          expect(edge.events(thread).length).toBeGreaterThan(1_000);
          return void heard.delete(thread);
        }
        if (!("seq" in event)) throw new Error("an event without a seq");
        const last = heard.get(thread);
        if (last !== undefined) expect(event.seq).toBe(last + 1);
        heard.set(thread, event.seq);
      });
    hear("a");
    client.thread("a").messages.subscribe(() => {});
    client.threads.subscribe(() => {});
    client.unread.subscribe(() => {});
    client.connect();
    await clock.advance(100);
    const left = new Set<string>();
    const mangled = steps.some(([kind]) => kind === "mangle");
    for (const [kind, pick] of steps) {
      const threads = edge.threads();
      const thread = threads[pick % threads.length]!;
      const messages = edge.messages(thread).filter((message) => !message.deleted_at);
      const message = messages[pick % Math.max(1, messages.length)];
      if (kind === "post") edge.post(thread, "ben", String(pick));
      else if (kind === "edit" && message) edge.edit(message, `edited ${pick}`);
      else if (kind === "edit old") edge.edit(edge.messages("a")[pick % 10]!, `edited ${pick}`);
      else if (kind === "delete" && message) edge.delete(message);
      else if (kind === "send") client.thread(thread).send(`mine ${pick}`);
      else if (kind === "edit own") {
        const mine = client
          .thread("a")
          .messages.get()
          .messages.findLast((m) => m.sender === "ann" && !m.deleted_at);
        if (mine) client.thread("a").edit(mine.id, `again ${pick}`);
      } else if (kind === "read")
        client.thread(thread).markRead(pick % 2 ? undefined : Math.max(0, edge.messages(thread).length - 2));
      else if (kind === "create") edge.create(`n${edge.log.length}`, ["ben", "ann"]);
      else if (kind === "leave" && thread !== "a" && thread !== "b") {
        left.add(thread);
        edge.append(thread, { type: "member_removed", user: "ann", by: "ben", at: edge.now() });
      } else if (kind === "drop") edge.drop();
      else if (kind === "mangle") {
        // Events are lost, doubled and put behind later ones; all else stays.
        let held: Parameters<FakeEdge["tell"]>[0] = [];
        let count = pick;
        edge.network = (frames) =>
          frames.flatMap((frame) => {
            if (frame.type !== "event" || frame.event.type.startsWith("member") || frame.seq === 1) return [frame];
            const fate = count++ % 5;
            if (fate === 0) return [];
            if (fate === 1) return [frame, frame];
            if (fate === 2) {
              held.push(frame);
              return [];
            }
            const late = held;
            held = [];
            return [frame, ...late];
          });
      } else if (kind === "calm") edge.network = (frames) => frames;
      else if (kind === "lag") edge.lag = pick % 8;
      else if (kind === "forget") edge.forgetful = pick % 2 === 0;
      else if (kind === "lose answer") edge.answers = pick % 2 === 0;
      else if (kind === "wait") await clock.advance(pick);
      else if (kind === "older") void client.thread("a").older();
      else if (kind === "storm") for (let at = 0; at < pick % 300; at++) edge.post(thread, "ben", String(at));
      if (pick % 3 === 0) await settle();
    }
    // Everything works again. What an open socket has lost is shown by one more event in every thread.
    edge.network = (frames) => frames;
    edge.answers = true;
    edge.lag = 0;
    await clock.advance(60_000);
    if (mangled)
      for (const thread of edge.threads()) edge.append(thread, { type: "thread_changed", by: "ben", at: edge.now() });
    await clock.advance(120_000);

    const shown = client.thread("a").messages.get().messages;
    const { pending, ops } = client.outbox.get();
    expect(pending).toBe(0);
    // What had not been sent yet into a thread that she was removed from is refused; nothing else is.
    expect(ops.filter(({ thread }) => !left.has(thread))).toEqual([]);
    const expected = edge.messages("a").slice(-shown.length);
    expect(shown.map(({ id, content, deleted_at, state }) => [id, content, deleted_at !== null, state])).toEqual(
      expected.map(({ id, content, deleted_at }) => [id, content, deleted_at !== null, "sent"]),
    );
    expect(shown.length).toBeGreaterThanOrEqual(50);
    const listed = client.threads
      .get()
      .threads.map((thread) => [thread.id, thread.last_seq, thread.last_number, thread.unread]);
    const truth = edge.threads().map((id) => {
      const thread = edge.snapshot(id)!;
      return [id, thread.last_seq, thread.last_number, thread.unread];
    });
    expect(listed.sort()).toEqual(truth.sort());
    const unread = truth.filter(([, , , count]) => count).map(([id, , , count]) => [id, count]);
    expect(client.unread.get().threads).toEqual(Object.fromEntries(unread));
    expect(heard.get("a")).toBe(edge.events("a").length);
    client.close();
  };
  await run([
    ["mangle", 0],
    ["post", 1],
    ["post", 1],
    ["post", 1],
    ["post", 1],
    ["post", 1],
    ["post", 1],
  ]);
  await run([
    ["forget", 0],
    ["create", 0],
    ["drop", 0],
    ["leave", 2081],
  ]);
  await run([
    ["create", 0],
    ["drop", 0],
    ["send", 2138],
    ["leave", 542],
  ]);
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), run), { numRuns: 400 });
}, 120_000);
