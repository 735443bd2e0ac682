import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Client, type ClientOptions, createClient } from "../src/client.js";
import { memoryStorage } from "../src/outbox/storage.js";
import type { RoomEvent } from "../src/thread/room.js";
import { FakeClock, settle } from "./support/clock.js";
import { FakeEdge } from "./support/edge.js";

const open: Client[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

function clientOf(edge: FakeEdge, clock: FakeClock, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    url: "http://edge",
    getToken: () => "token",
    storage: memoryStorage(),
    webSocket: edge.webSocket,
    fetch: edge.fetch as typeof fetch,
    clock,
    random: () => 0.5,
    ...options,
  });
  open.push(client);
  return client;
}

async function setUp(options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock();
  const edge = new FakeEdge(clock);
  edge.create("t", ["ann", "ben"]);
  const client = clientOf(edge, clock, options);
  const connect = async () => {
    client.connect();
    await clock.advance(100);
  };
  const texts = () =>
    client
      .thread("t")
      .messages.get()
      .messages.map((message) => message.content);
  return { clock, edge, client, connect, texts };
}

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

  test("shows the name of one who comes for the first time", async () => {
    const { clock, edge, client, connect } = await setUp();
    const { state } = client.thread("t");
    state.subscribe(() => {});
    await connect();
    expect(state.get().thread?.members.map((member) => member.name)).toEqual([null, null]);
    edge.names.set("ben", "Ben Okafor");
    edge.tell([{ type: "presence", user: "ben", status: "active" }]);
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

describe("sending", () => {
  test("is shown at once as pending, then as sent, without a moment of both", async () => {
    const { clock, edge, client, connect } = await setUp();
    const thread = client.thread("t");
    const seen: string[] = [];
    thread.messages.subscribe(() => {
      seen.push(
        thread.messages
          .get()
          .messages.map((message) => `${message.content} ${message.state}`)
          .join(),
      );
    });
    await connect();
    const { id, sent } = thread.send("hello");
    expect(thread.messages.get().messages.at(-1)).toMatchObject({ id, state: "sent" });
    expect(await sent).toMatchObject({ message: id, seq: 2 });
    edge.drop();
    thread.send("offline");
    expect(thread.messages.get().messages.at(-1)).toMatchObject({ state: "pending", sender: "ann", number: 0 });
    expect(client.outbox.get()).toEqual({ pending: 1, failed: 0, durable: true });
    await clock.advance(2_000);
    expect(thread.messages.get().messages.map((message) => message.state)).toEqual(["sent", "sent"]);
    expect(seen.at(-1)).toBe("hello sent,offline sent");
    expect(edge.messages("t").map((message) => message.content)).toEqual(["hello", "offline"]);
  });

  test("a lost answer does not send twice", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    edge.answers = false;
    edge.network = () => [];
    const { sent } = client.thread("t").send("once");
    await settle();
    edge.drop();
    edge.answers = true;
    edge.network = (frames) => frames;
    await clock.advance(2_000);
    await sent;
    expect(edge.messages("t").length).toBe(1);
  });

  test("an edit and a deletion are shown before they are done", async () => {
    const { clock, edge, client, connect, texts } = await setUp();
    client.thread("t").messages.subscribe(() => {});
    await connect();
    const { id } = client.thread("t").send("one");
    await settle();
    edge.drop();
    client.thread("t").edit(id, "two");
    expect(client.thread("t").messages.get().messages[0]).toMatchObject({ content: "two", state: "pending" });
    client.thread("t").delete(id);
    expect(texts()).toEqual([""]);
    await clock.advance(2_000);
    expect(client.thread("t").messages.get().messages[0]).toMatchObject({ content: "", state: "sent" });
    expect(edge.messages("t")[0]!.deleted_at).not.toBeNull();
  });

  test("what waited when the page was closed is sent by the next one", async () => {
    const storage = memoryStorage();
    const { edge, client, clock } = await setUp({ storage, user: "ann" });
    for (const text of ["one", "two", "three"]) client.thread("t").send(text);
    await settle();
    client.close();
    const next = clientOf(edge, clock, { storage, user: "ann" });
    next.thread("t").messages.subscribe(() => {});
    await settle();
    expect(next.outbox.get()).toMatchObject({ pending: 3 });
    expect(
      next
        .thread("t")
        .messages.get()
        .messages.map((message) => message.state),
    ).toEqual(["pending", "pending", "pending"]);
    next.connect();
    await clock.advance(100);
    expect(edge.messages("t").map((message) => message.content)).toEqual(["one", "two", "three"]);
  });

  test("nothing is sent as somebody else", async () => {
    const { clock, edge, client } = await setUp({ user: "eve" });
    client.thread("t").send("mine");
    client.connect();
    await clock.advance(100);
    expect(client.connection.get()).toMatchObject({ status: "disconnected", reason: "another_user" });
    expect(edge.messages("t")).toEqual([]);
  });
});

describe("the list", () => {
  test("has the latest activity first, follows it, and counts what is unread", async () => {
    const { clock, edge, client, connect } = await setUp();
    await clock.advance(1_000);
    edge.create("u", ["ann", "ben"]);
    client.threads.subscribe(() => {});
    client.unread.subscribe(() => {});
    await connect();
    const order = () => client.threads.get().threads.map((thread) => thread.id);
    expect(order()).toEqual(["u", "t"]);
    await clock.advance(1_000);
    edge.post("t", "ben", "hi");
    expect(order()).toEqual(["t", "u"]);
    expect(client.unread.get()).toEqual({ total: 1, threads: { t: 1 } });
    await clock.advance(1_000);
    edge.create("v", ["ben", "ann"]);
    edge.post("v", "ben", "hi");
    expect(order()).toEqual(["v", "t", "u"]);
    client.thread("v").markRead();
    expect(client.unread.get()).toEqual({ total: 1, threads: { t: 1 } });
    await settle();
    expect(edge.readBy("v", "ann")).toBe(1);
  });

  test("loads nothing before there is a session, and nothing twice", async () => {
    const { clock, edge, client, connect } = await setUp();
    client.threads.subscribe(() => {});
    client.unread.subscribe(() => {});
    client.thread("t").messages.subscribe(() => {});
    await clock.advance(1_000);
    expect(edge.reads).toEqual([]);
    await connect();
    const counts = edge.reads.filter((read) => read !== "GET threads/t");
    expect(counts.sort()).toEqual(["GET threads", "GET threads/t/messages", "GET unread-count"]);
  });
});

describe("signals", () => {
  test("typing ends when told, by itself, with the message, and with the connection", async () => {
    const { clock, edge, client, connect } = await setUp();
    const { typists } = client.thread("t");
    await connect();
    const types = (status: "start" | "stop", user = "ben") =>
      edge.tell([{ type: "typing", thread: "t", user, status }]);
    types("start");
    types("start", "ann");
    expect(typists.get()).toEqual(["ben"]);
    types("stop");
    expect(typists.get()).toEqual([]);
    types("start");
    await clock.advance(8_000);
    expect(typists.get()).toEqual([]);
    client.threads.subscribe(() => {});
    await clock.advance(100);
    types("start");
    edge.post("t", "ben", "there");
    expect(typists.get()).toEqual([]);
    types("start");
    edge.drop();
    expect(typists.get()).toEqual([]);
  });

  test("one's own typing is told at most every three seconds, and ends with the message", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    const told = () =>
      edge.socket!.sent.filter((frame) => frame.type === "typing").map((frame) => "status" in frame && frame.status);
    for (let key = 0; key < 40; key++) {
      client.thread("t").typing();
      await clock.advance(100);
    }
    expect(told()).toEqual(["start", "start"]);
    client.thread("t").send("done");
    expect(told()).toEqual(["start", "start", "stop"]);
  });

  test("presence is known as long as there is a connection, and one's own is told again", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    edge.tell([{ type: "presence", user: "ben", status: "active" }]);
    expect(client.presence("ben").get()).toBe("active");
    client.setPresence("away");
    edge.drop();
    expect(client.presence("ben").get()).toBe("offline");
    await clock.advance(2_000);
    expect(edge.socket!.last("presence").status).toBe("away");
  });
});

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
      client.thread(thread).subscribe((event: RoomEvent) => {
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
    expect(client.outbox.get()).toMatchObject({ pending: 0, failed: 0 });
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
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), run), { numRuns: 400 });
}, 120_000);
