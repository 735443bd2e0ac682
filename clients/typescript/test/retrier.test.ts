import { describe, expect, test } from "vitest";
import { setUp } from "./support/client.js";

/** Longer than the tries of one read, and those of its first repetitions. */
const OUTAGE_MS = 120_000;
/** The longest wait between repetitions, and the tries of the read that ends it. */
const REPEATED_MS = 40_000;

describe("while the socket stays up, what could not be read is read again", () => {
  test.each([
    ["the list", "threads"],
    ["the unread counts", "unread-count"],
    ["a thread", "threads/t"],
    ["a thread's messages", "threads/t/messages"],
  ])("%s", async (_, failing) => {
    const { clock, edge, client, connect, texts } = await setUp();
    edge.post("t", "ben", "hello");
    edge.fails = (path) => path === failing;
    const { state, messages } = client.thread("t");
    for (const store of [state, messages, client.threads, client.unread]) store.subscribe(() => {});
    await connect();
    await clock.advance(OUTAGE_MS);
    const errors = [state, messages, client.threads].map((store) => store.get().error?.code);
    expect(errors).toContain("unavailable");
    edge.fails = () => false;
    await clock.advance(REPEATED_MS);
    expect([texts(), state.get().thread?.members.length]).toEqual([["hello"], 2]);
    expect(client.threads.get()).toMatchObject({ threads: [{ id: "t" }], error: null, loading: false });
    expect(client.unread.get().total).toBe(1);
    expect([state.get().error, messages.get().error, messages.get().loading]).toEqual([null, null, false]);
  });

  test("messages that could not be opened keep their error while older ones are asked for", async () => {
    const { clock, edge, client, connect } = await setUp();
    edge.post("t", "ben", "hello");
    await connect();
    // Nothing is repeated meanwhile.
    client.disconnect();
    edge.fails = (path) => path === "threads/t/messages";
    const thread = client.thread("t");
    thread.messages.subscribe(() => {});
    void thread.older();
    await clock.advance(10_000);
    expect(thread.messages.get()).toMatchObject({ loaded: false, error: { code: "unavailable" } });
  });

  test("events that were lost", async () => {
    const { clock, edge, client, connect, texts } = await setUp();
    client.thread("t").messages.subscribe(() => {});
    await connect();
    edge.fails = (path) => path === "threads/t/events";
    edge.network = () => [];
    edge.post("t", "ben", "lost");
    edge.network = (frames) => frames;
    edge.post("t", "ben", "heard");
    await clock.advance(OUTAGE_MS);
    expect(texts()).toEqual([]);
    edge.fails = () => false;
    await clock.advance(REPEATED_MS);
    expect(texts()).toEqual(["lost", "heard"]);
  });

  test("events that will not come, in threads that are looked at and in the list", async () => {
    const { clock, edge, client, connect, texts } = await setUp();
    edge.create("u", ["ann", "ben"]);
    client.thread("t").messages.subscribe(() => {});
    client.threads.subscribe(() => {});
    await connect();
    edge.fails = () => true;
    edge.network = () => [];
    for (const thread of ["t", "u"]) edge.post(thread, "ben", "missed");
    edge.network = (frames) => frames;
    edge.tell([{ type: "resync", threads: ["t", "u"], reason: "too_old" }]);
    await clock.advance(OUTAGE_MS);
    edge.fails = () => false;
    await clock.advance(REPEATED_MS);
    expect(texts()).toEqual(["missed"]);
    const listed = client.threads.get().threads.map(({ id, last_number }) => [id, last_number]);
    expect(listed.sort()).toEqual([
      ["t", 1],
      ["u", 1],
    ]);
  });
});

test("a thread that only its members are wanted of is read again too", async () => {
  const { clock, edge, client, connect } = await setUp();
  edge.fails = (path) => path === "threads/t";
  const { state } = client.thread("t");
  state.subscribe(() => {});
  await connect();
  await clock.advance(OUTAGE_MS);
  edge.fails = () => false;
  await clock.advance(REPEATED_MS);
  expect(state.get()).toMatchObject({ thread: { id: "t" }, error: null });
});

test("events that will not come are fetched also where no list is shown", async () => {
  const { clock, edge, client, connect, texts } = await setUp();
  client.thread("t").messages.subscribe(() => {});
  await connect();
  edge.fails = () => true;
  edge.network = () => [];
  edge.post("t", "ben", "missed");
  edge.network = (frames) => frames;
  edge.tell([{ type: "resync", threads: ["t"], reason: "too_old" }]);
  await clock.advance(OUTAGE_MS);
  edge.fails = () => false;
  await clock.advance(REPEATED_MS);
  expect(texts()).toEqual(["missed"]);
});

test("names that could not be read are read with the next connection", async () => {
  const { clock, edge, client, connect } = await setUp();
  const { state } = client.thread("t");
  state.subscribe(() => {});
  await connect();
  edge.names.set("cleo", "Cleo Martin");
  edge.fails = () => true;
  edge.append("t", { type: "member_added", user: "cleo", role: "member", by: "ben", at: edge.now() });
  await clock.advance(10_000);
  client.disconnect();
  await clock.advance(OUTAGE_MS);
  edge.fails = () => false;
  await connect();
  expect(state.get().thread?.members.at(-1)?.name).toBe("Cleo Martin");
});

test("nothing is read again without a connection, and at once when there is one", async () => {
  const { clock, edge, client, connect } = await setUp();
  edge.fails = () => true;
  client.threads.subscribe(() => {});
  await connect();
  await clock.advance(20_000);
  client.disconnect();
  await clock.advance(20_000);
  const before = edge.reads.length;
  await clock.advance(OUTAGE_MS);
  expect(edge.reads.length).toBe(before);
  edge.fails = () => false;
  await connect();
  expect(client.threads.get().threads.length).toBe(1);
});

test("what was refused is not asked for again, and all that fails not in a hurry", async () => {
  const { clock, edge, client, connect } = await setUp();
  for (const id of ["t", "unknown"]) client.thread(id).messages.subscribe(() => {});
  edge.fails = (path) => path.startsWith("threads/t");
  await connect();
  const reads = (thread: string) => edge.reads.filter((read) => read.startsWith(`GET threads/${thread}`)).length;
  const before = reads("unknown");
  await clock.advance(600_000);
  expect([reads("unknown"), client.thread("unknown").state.get().error?.code]).toEqual([before, "unknown_thread"]);
  expect(reads("t")).toBeGreaterThan(20);
  expect(reads("t")).toBeLessThan(400);
});
