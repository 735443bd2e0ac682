import { describe, expect, test } from "vitest";
import { setUp } from "./support/client.js";
import { collectGarbage } from "./support/garbage.js";

describe("a thread", () => {
  test("shows its newest messages, those before on request, and what comes", async () => {
    const { clock, edge, client, connect, texts } = await setUp();
    for (let at = 1; at <= 120; at++) edge.post("t", "ben", String(at));
    const { messages } = client.thread("t");
    messages.subscribe(() => {});
    await connect();
    expect([texts()[0], texts().at(-1), messages.get().hasOlder]).toEqual(["71", "120", true]);
    await client.thread("t").older();
    await client.thread("t").older();
    expect([texts()[0], texts().length, messages.get().hasOlder]).toEqual(["1", 120, false]);
    edge.post("t", "ben", "new");
    await clock.advance(20);
    expect(texts().at(-1)).toBe("new");
  });

  test("keeps no more than is wanted, and what was let go comes back on request", async () => {
    const { edge, client, connect, texts } = await setUp();
    for (let at = 1; at <= 120; at++) edge.post("t", "ben", String(at));
    const thread = client.thread("t");
    thread.messages.subscribe(() => {});
    await connect();
    thread.trim(20);
    expect([texts()[0], texts().length, thread.messages.get().hasOlder]).toEqual(["101", 20, true]);
    await thread.older();
    expect([texts()[0], texts().length]).toEqual(["1", 120]);
  });

  test("that nobody looks at any more keeps only its newest messages, and nothing of what was shown", async () => {
    const { edge, client, connect } = await setUp();
    for (let at = 1; at <= 120; at++) edge.post("t", "ben", String(at));
    const { messages } = client.thread("t");
    const leave = messages.subscribe(() => {});
    await connect();
    await client.thread("t").older();
    const oldest = new WeakRef(messages.get().messages[0]!);
    expect(messages.get().messages.length).toBe(120);
    leave();
    // A weak reference holds what it refers to until the event loop has turned.
    await new Promise((turned) => setImmediate(turned));
    collectGarbage();
    expect(oldest.deref()).toBeUndefined();
    expect(messages.get().messages.length).toBe(100);
  });

  test("that begins while one is connected, and those who join it, have their names", async () => {
    const { clock, edge, client, connect } = await setUp();
    edge.names.set("ben", "Ben Okafor").set("cleo", "Cleo Martin");
    client.threads.subscribe(() => {});
    client.thread("new").state.subscribe(() => {});
    await connect();
    const named = () => client.threads.get().threads[0]?.members.map((member) => member.name);
    edge.create("new", ["ann", "ben"]);
    await clock.advance(500);
    expect(named()).toEqual([null, "Ben Okafor"]);
    edge.append("new", { type: "member_added", user: "cleo", role: "member", by: "ben", at: edge.now() });
    await clock.advance(500);
    expect(named()).toEqual([null, "Ben Okafor", "Cleo Martin"]);
  });

  test("has the names of its members though messages overtake the answer that brings them", async () => {
    const { clock, edge, client, connect } = await setUp();
    edge.names.set("ben", "Ben Okafor");
    client.threads.subscribe(() => {});
    await connect();
    edge.create("new", ["ann", "ben"]);
    let arrive = () => {};
    edge.way = new Promise((resolve) => {
      arrive = resolve;
    });
    await clock.advance(500);
    edge.post("new", "ben", "on and on");
    arrive();
    await clock.advance(500);
    const { members, last_seq } = client.threads.get().threads[0]!;
    expect([members.map((member) => member.name), last_seq]).toEqual([[null, "Ben Okafor"], 2]);
  });

  test("shows the name of one who comes for the first time", async () => {
    const { clock, edge, client, connect } = await setUp();
    const { state } = client.thread("t");
    state.subscribe(() => {});
    await connect();
    expect(state.get().thread?.members.map((member) => member.name)).toEqual([null, null]);
    edge.names.set("ben", "Ben Okafor");
    edge.tell([{ type: "presence", users: [{ user: "ben", status: "active" }] }]);
    await clock.advance(500);
    expect(state.get().thread?.members.map((member) => member.name)).toEqual([null, "Ben Okafor"]);
  });

  test("snapshots are the same until something changes, and unchanged messages stay themselves", async () => {
    const { edge, client, connect } = await setUp();
    edge.post("t", "ben", "one");
    const { messages } = client.thread("t");
    messages.subscribe(() => {});
    await connect();
    const before = messages.get();
    expect(messages.get()).toBe(before);
    edge.post("t", "ben", "two");
    expect(messages.get()).not.toBe(before);
    expect(messages.get().messages[0]).toBe(before.messages[0]);
  });

  test("one is told of a storm of events once a frame", async () => {
    const { clock, edge, client, connect } = await setUp();
    let told = 0;
    client.thread("t").messages.subscribe(() => told++);
    await connect();
    told = 0;
    for (let at = 0; at < 100; at++) {
      edge.post("t", "ben", String(at));
      await clock.advance(1);
    }
    expect(told).toBeGreaterThan(4);
    expect(told).toBeLessThan(10);
  });

  test("a page that is older than the events that came meanwhile is brought up to them", async () => {
    const { edge, client, connect, clock } = await setUp();
    const message = edge.post("t", "ben", "first").event;
    await connect();
    client.thread("t").messages.subscribe(() => {});
    // The page is asked for now and answered as of now; the edit comes before it.
    await Promise.resolve();
    if (message.type === "message_posted") edge.edit(edge.messages("t")[0]!, "edited");
    await clock.advance(100);
    expect(
      client
        .thread("t")
        .messages.get()
        .messages.map((m) => m.content),
    ).toEqual(["edited"]);
  });

  test("one who was put out sees it, and nothing of it any more", async () => {
    const { clock, edge, client, connect } = await setUp();
    const { state, messages } = client.thread("t");
    state.subscribe(() => {});
    messages.subscribe(() => {});
    client.threads.subscribe(() => {});
    edge.post("t", "ben", "secret");
    await connect();
    expect(state.get().thread?.members.length).toBe(2);
    edge.append("t", { type: "member_removed", user: "ann", by: "ben", at: edge.now() });
    await clock.advance(20);
    expect(state.get()).toMatchObject({ thread: null, error: { code: "not_a_member" } });
    expect([messages.get().messages, client.threads.get().threads, client.unread.get().total]).toEqual([[], [], 0]);
    edge.append("t", { type: "member_added", user: "ann", role: "member", by: "ben", at: edge.now() });
    await clock.advance(20);
    expect(client.threads.get().threads.map((thread) => thread.id)).toEqual(["t"]);
  });
});
