import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Client, createClient } from "../src/client.js";
import { memoryStorage } from "../src/outbox/storage.js";
import { type Channel, sharedWebSocket } from "../src/tabs/index.js";
import { FakeClock } from "./support/clock.js";
import { FakeEdge } from "./support/edge.js";
import { FakeLocks } from "./support/locks.js";

let clock: FakeClock;
let edge: FakeEdge;
let locks: FakeLocks;
let opened: number;
let tabs: Map<string, { client: Client; channel: Channel }>;

beforeEach(() => {
  clock = new FakeClock();
  edge = new FakeEdge(clock);
  edge.create("t", ["ann", "ben"]);
  locks = new FakeLocks();
  opened = 0;
  tabs = new Map();
});
afterEach(() => {
  for (const { client } of tabs.values()) client.close();
});

/** A tab of one browser, and its client. */
async function tab(name: string): Promise<Client> {
  const channel: Channel = {
    onmessage: null,
    postMessage: (message) => {
      for (const [other, { channel }] of tabs) {
        if (other !== name) queueMicrotask(() => channel.onmessage?.({ data: structuredClone(message) }));
      }
    },
  };
  class Counted extends edge.webSocket {
    constructor(url: string) {
      super(url);
      opened++;
    }
  }
  const webSocket = sharedWebSocket({
    user: "ann",
    webSocket: Counted,
    locks: locks.of(name),
    channel: () => channel,
    clock,
  });
  const client = createClient({
    url: "http://edge",
    user: "ann",
    getToken: () => "token",
    storage: memoryStorage(),
    webSocket,
    fetch: edge.fetch as typeof fetch,
    clock,
    random: () => 0.5,
  });
  tabs.set(name, { client, channel });
  client.thread("t").messages.subscribe(() => {});
  client.threads.subscribe(() => {});
  client.connect();
  await clock.advance(200);
  return client;
}

/** The tab is closed without a word. */
function vanish(name: string): void {
  const { client, channel } = tabs.get(name)!;
  channel.onmessage = null;
  channel.postMessage = () => {};
  client.close();
  tabs.delete(name);
  locks.vanish(name);
}

const texts = (client: Client) =>
  client
    .thread("t")
    .messages.get()
    .messages.map((message) => message.content);
const statuses = () => [...tabs.values()].map(({ client }) => client.connection.get().status);

describe("tabs of one browser", () => {
  test("share one socket: each hears everything and has its own answers", async () => {
    const [one, two, three] = [await tab("1"), await tab("2"), await tab("3")];
    expect([opened, statuses()]).toEqual([1, ["connected", "connected", "connected"]]);
    await Promise.all([one, two, three].map((client, at) => client.thread("t").send(`from ${at}`).sent));
    edge.post("t", "ben", "to all");
    await clock.advance(20);
    for (const client of [one, two, three]) {
      expect(texts(client).toSorted()).toEqual(["from 0", "from 1", "from 2", "to all"]);
      expect(client.outbox.get().pending).toBe(0);
    }
  });

  test("a tab that comes later knows what went before, and who is there", async () => {
    await tab("1");
    edge.post("t", "ben", "before");
    edge.tell([{ type: "presence", users: [{ user: "ben", status: "active" }] }]);
    const two = await tab("2");
    expect([texts(two), two.presence("ben").get()]).toEqual([["before"], "active"]);
  });

  test("a tab that comes later has events that its reads do not have yet, once", async () => {
    await tab("1");
    edge.lag = 3;
    edge.post("t", "ben", "one");
    edge.post("t", "ben", "two");
    edge.create("u", ["ann", "ben"]);
    const two = await tab("2");
    expect([
      texts(two),
      two.threads
        .get()
        .threads.map(({ id }) => id)
        .sort(),
    ]).toEqual([
      ["one", "two"],
      ["t", "u"],
    ]);
    expect(two.unread.get().total).toBe(2);
  });

  test("a tab that comes back to the others has events that its reads do not have yet", async () => {
    await tab("1");
    const two = await tab("2");
    const heard: number[] = [];
    two.thread("t").subscribe((event) => heard.push("seq" in event ? event.seq : 0));
    two.disconnect();
    edge.lag = 3;
    for (const text of ["one", "two", "three"]) edge.post("t", "ben", text);
    two.connect();
    await clock.advance(200);
    expect([texts(two), heard]).toEqual([
      ["one", "two", "three"],
      [2, 3, 4],
    ]);
  });

  test("only so much is kept for tabs that come later; they fetch the rest", async () => {
    const one = await tab("1");
    for (const text of ["x", "y", "z"]) edge.post("t", "ben", text.repeat(100_000));
    edge.lag = 3;
    const fetched = () => edge.reads.filter((read) => read.endsWith("/events")).length;
    expect(fetched()).toBe(0);
    expect(texts(await tab("2"))).toEqual(texts(one));
    expect(fetched()).toBe(1);
  });

  test("when the leading tab vanishes, the others go on over another socket and miss nothing", async () => {
    await tab("1");
    const [two, three] = [await tab("2"), await tab("3")];
    vanish("1");
    edge.drop();
    edge.post("t", "ben", "meanwhile");
    await clock.advance(5_000);
    expect([opened, statuses()]).toEqual([2, ["connected", "connected"]]);
    edge.post("t", "ben", "after");
    await clock.advance(100);
    for (const client of [two, three]) expect(texts(client)).toEqual(["meanwhile", "after"]);
  });

  test("when the leading tab's client stops, the others go on", async () => {
    const [one, two] = [await tab("1"), await tab("2")];
    one.disconnect();
    await clock.advance(5_000);
    expect([one.connection.get().status, two.connection.get().status, opened]).toEqual([
      "disconnected",
      "connected",
      2,
    ]);
    edge.post("t", "ben", "after");
    await clock.advance(100);
    expect(texts(two)).toEqual(["after"]);
  });

  test("a connection that is lost is lost for all, and all come back over one", async () => {
    const [one, two] = [await tab("1"), await tab("2")];
    edge.drop();
    edge.post("t", "ben", "meanwhile");
    expect(one.connection.get()).toMatchObject({ status: "connecting", code: 1006 });
    await clock.advance(5_000);
    expect([opened, statuses()]).toEqual([2, ["connected", "connected"]]);
    for (const client of [one, two]) expect(texts(client)).toEqual(["meanwhile"]);
  });

  test("a refusal is told to all", async () => {
    await tab("1");
    await tab("2");
    edge.drop(4501);
    await clock.advance(5_000);
    expect(statuses()).toEqual(["disconnected", "disconnected"]);
  });

  test("one is away when no tab is looked at", async () => {
    const [one, two] = [await tab("1"), await tab("2")];
    const told = () =>
      edge.socket!.sent.filter((frame) => frame.type === "presence").map((frame) => "status" in frame && frame.status);
    one.setPresence("away");
    await clock.advance(10);
    expect(told()).toEqual([]);
    two.setPresence("away");
    await clock.advance(10);
    two.setPresence("active");
    await clock.advance(10);
    expect(told()).toEqual(["away", "active"]);
  });

  test("a leading tab that does not answer is passed over", async () => {
    await tab("1");
    tabs.get("1")!.channel.onmessage = null;
    const two = await tab("2");
    expect(two.connection.get().status).toBe("connecting");
    await clock.advance(5_000);
    expect([two.connection.get().status, opened]).toEqual(["connected", 2]);
  });

  test("without locks every tab has its own socket", () => {
    expect(sharedWebSocket({ user: "ann", webSocket: edge.webSocket, locks: undefined })).toBe(edge.webSocket);
  });
});
