import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { canonical, descriptions } from "../scripts/generate.mjs";
import { type Client, type ClientOptions, createClient } from "../src/client.js";
import type { ThreadHandle } from "../src/thread/handle.js";
import { binary, Threadline } from "./support/threadline.js";
import { until } from "./support/until.js";

const path = binary();
if (!path) {
  const plain = "no server binary: `cargo build` makes it; without it nothing here is tried on a real edge";
  if (process.env.CI) throw new Error(plain);
  console.warn(plain);
}

describe.skipIf(!path)("on a real edge", () => {
  const server = new Threadline(path ?? "", {
    THREADLINE_EDGE_RATE_PER_SECOND: "5000",
    THREADLINE_EDGE_RATE_BURST: "20000",
    // So small that what is missed has to come from the views.
    THREADLINE_EDGE_HUB_RING_BYTES_MAX: "262144",
  });
  const clients: Client[] = [];
  let users = 0;

  beforeAll(() => server.start(), 90_000);
  afterAll(() => server.close(), 30_000);
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  /** A client whose network can be taken away. */
  function person(name: string, edge = 0, options: Partial<ClientOptions> = {}) {
    const user = `${name}-${users}`;
    const token = server.token(user);
    const opened: WebSocket[] = [];
    let network = true;
    class Cable extends WebSocket {
      constructor(url: string) {
        super(network ? url : "ws://127.0.0.1:1/");
        opened.push(this);
      }
    }
    const client = createClient({
      url: server.edge(edge),
      getToken: () => token,
      webSocket: Cable,
      random: () => Math.random() / 4,
      ...options,
    });
    clients.push(client);
    const cut = () => {
      network = false;
      for (const socket of opened) socket.terminate();
    };
    return { user, client, opened, cut, mend: () => (network = true) };
  }

  /** Two people on two edges and their dm. */
  async function two() {
    users++;
    const [ann, ben] = [person("ann", 0), person("ben", 1)];
    for (const { client } of [ann, ben]) {
      client.threads.subscribe(() => {});
      client.unread.subscribe(() => {});
      client.connect();
      await until(client.connection, ({ status }) => status === "connected");
    }
    const { id } = await ann.client.createThread({ kind: "dm", participants: [ben.user] });
    const [mine, theirs] = [ann.client.thread(id), ben.client.thread(id)];
    for (const thread of [mine, theirs]) {
      thread.messages.subscribe(() => {});
      thread.state.subscribe(() => {});
    }
    await until(ben.client.threads, ({ threads }) => threads.some((thread) => thread.id === id));
    return { ann, ben, id, mine, theirs };
  }
  const contents = (thread: ThreadHandle) => thread.messages.get().messages.map((message) => message.content);

  test.each(descriptions)("the %s that the types come from is the server's", async (name) => {
    const document = canonical(await (await fetch(`${server.edge()}/${name}`)).json());
    const kept = JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
    expect(document, "`npm run generate -- URL` takes the new one").toEqual(kept);
  });

  test("two people chat: order, edits, deletions, receipts, unread, typing, presence", async () => {
    const { ann, ben, id, mine, theirs } = await two();
    const { id: first, sent } = mine.send("one");
    expect(await sent).toMatchObject({ message: first, number: 1 });
    await until(ben.client.unread, ({ total, threads }) => total === 1 && threads[id] === 1);
    await theirs.send("two").sent;
    await until(ben.client.unread, ({ total }) => total === 0);
    await mine.edit(first, "one, edited").sent;
    await mine.delete(mine.send("three").id).sent;
    await until(theirs.messages, ({ messages }) => messages.length === 3 && messages[2]!.deleted_at !== null);
    expect(contents(theirs)).toEqual(["one, edited", "two", ""]);
    expect(contents(mine)).toEqual(contents(theirs));
    theirs.typing();
    await until(mine.typists, (users) => users.join() === ben.user);
    theirs.typing(false);
    await until(mine.typists, (users) => users.length === 0);
    await until(ann.client.presence(ben.user), (status) => status === "active");
    ben.client.setPresence("away");
    await until(ann.client.presence(ben.user), (status) => status === "away");
    mine.markRead();
    await until(
      theirs.state,
      ({ thread }) => thread?.members.find((member) => member.user === ann.user)?.read_number === 3,
    );
    expect((await theirs.receipts()).map(({ user }) => user).sort()).toEqual([ann.user, ben.user]);
    expect((await mine.history({ limit: 2 })).messages.map((message) => message.number)).toEqual([3, 2]);
  });

  test("a refused message is failed and can be given up; others are not held up by it", async () => {
    const { mine } = await two();
    const { id, sent } = mine.send("");
    await expect(sent).rejects.toMatchObject({ code: "invalid_field", retryable: false });
    await mine.send("fine").sent;
    const failed = mine.messages.get().messages.find((message) => message.id === id);
    expect(failed).toMatchObject({ state: "failed", error: { code: "invalid_field" } });
    expect(mine.discard(id)).toBe(true);
    await until(mine.messages, () => contents(mine).join() === "fine");
  });

  test("one is offline while both write; then both see the same, nothing twice", async () => {
    const { ann, ben, mine, theirs } = await two();
    await mine.send("before").sent;
    await until(theirs.messages, ({ messages }) => messages.length === 1);
    const heard: number[] = [];
    theirs.subscribe((event) => "seq" in event && heard.push(event.seq));
    ben.cut();
    await until(ben.client.connection, ({ status }) => status === "connecting");
    for (let at = 0; at < 20; at++) {
      mine.send(`ann ${at}`);
      theirs.send(`ben ${at}`);
    }
    expect(ben.client.outbox.get().pending).toBe(20);
    expect(theirs.messages.get().messages.filter((message) => message.state === "pending").length).toBe(20);
    await until(ann.client.outbox, ({ pending }) => pending === 0);
    ben.mend();
    for (const thread of [mine, theirs])
      await until(thread.messages, ({ messages }) => messages.filter((m) => m.state === "sent").length === 41);
    expect(contents(mine)).toEqual(contents(theirs));
    expect(contents(mine).filter((text) => text.startsWith("ben"))).toEqual(
      Array.from({ length: 20 }, (_, at) => `ben ${at}`),
    );
    expect(contents(mine).slice(0, 21)).toEqual(["before", ...Array.from({ length: 20 }, (_, at) => `ann ${at}`)]);
    expect(heard).toEqual(Array.from({ length: 40 }, (_, at) => at + 3));
    expect(ben.client.connection.get().reason).toBe("recovered");
  });

  test("connections that break all the time lose, double and reorder nothing", async () => {
    const { ann, ben, mine, theirs } = await two();
    const sent: Promise<unknown>[] = [];
    for (let at = 0; at < 120; at++) {
      sent.push(mine.send(`ann ${at}`).sent, theirs.send(`ben ${at}`).sent);
      if (at % 10 === 0) for (const { opened } of at % 20 ? [ann] : [ben]) opened.at(-1)!.terminate();
      await new Promise((next) => setTimeout(next, 5));
    }
    await Promise.all(sent);
    for (const thread of [mine, theirs])
      await until(thread.messages, ({ messages }) => messages.filter((m) => m.state === "sent").length === 240);
    expect(contents(mine)).toEqual(contents(theirs));
    for (const name of ["ann", "ben"]) {
      const texts = contents(mine).filter((text) => text.startsWith(name));
      expect(texts).toEqual(Array.from({ length: 120 }, (_, at) => `${name} ${at}`));
    }
  }, 60_000);

  test("so much is missed that it does not come by itself, and it is fetched", async () => {
    const { ann, ben, mine, theirs } = await two();
    await mine.send("first").sent;
    await until(theirs.messages, ({ messages }) => messages.length === 1);
    const heard: number[] = [];
    theirs.subscribe((event) => "seq" in event && heard.push(event.seq));
    ben.cut();
    const padding = "x".repeat(1_000);
    for (let at = 0; at < 700; at++) mine.send(`${at} ${padding}`);
    await until(ann.client.outbox, ({ pending }) => pending === 0, 60_000);
    ben.mend();
    await until(theirs.messages, ({ messages }) => messages.length === 701, 30_000);
    expect(heard).toEqual(Array.from({ length: 700 }, (_, at) => at + 3));
    expect(theirs.messages.get().messages.map((message) => message.number)).toEqual(
      Array.from({ length: 701 }, (_, at) => at + 1),
    );
  }, 120_000);

  test("a token that runs out is replaced on the open socket", async () => {
    users++;
    // Told of a minute before its end, which is now.
    const tokens = [server.token(`cyd-${users}`, "61s"), server.token(`cyd-${users}`)];
    let asked = 0;
    const { client, opened } = person("cyd", 0, { getToken: () => tokens[Math.min(asked++, 1)]! });
    client.connect();
    await until(client.connection, ({ status }) => status === "connected");
    await vi.waitFor(() => expect(asked).toBe(2), { timeout: 15_000 });
    await client.createThread({ kind: "group", participants: [], title: "still here" });
    expect([opened.length, client.connection.get().status]).toEqual([1, "connected"]);
  });

  test("a refused token ends it, with the number that says so", async () => {
    const { client } = person("eve", 0, { getToken: () => "no token" });
    client.connect();
    const state = await until(client.connection, ({ status }) => status === "disconnected");
    expect(state).toMatchObject({ code: 4501, reason: "bad_token" });
  });

  test("membership: names, roles, leaving, being put out", async () => {
    const { ann, ben, mine } = await two();
    const group = await ann.client.createThread({ kind: "group", participants: [ben.user], title: "Trip" });
    const [a, b] = [ann.client.thread(group.id), ben.client.thread(group.id)];
    await until(b.state, ({ thread }) => thread?.title === "Trip");
    await a.change({ title: "Journey" });
    await until(b.state, ({ thread }) => thread?.title === "Journey");
    await a.addMember("zoe", "admin");
    await until(
      b.state,
      ({ thread }) => thread?.members.some(({ user, role }) => user === "zoe" && role === "admin") ?? false,
    );
    await a.send("welcome").sent;
    await a.addMember("yan");
    const joinedAt = (user: string) =>
      a.state.get().thread?.members.find((member) => member.user === user)?.joined_number;
    await until(a.state, () => joinedAt("yan") === 1);
    // What is read may come a moment after what was written.
    await vi.waitFor(async () => {
      const receipts = await b.receipts();
      expect(receipts.map(({ user, number, joined_number }) => [user, number, joined_number])).toEqual([
        [ann.user, 1, 0],
        [ben.user, 0, 0],
        ["yan", 0, 1],
        ["zoe", 0, 0],
      ]);
    });
    expect(await ann.client.findUser("zoe"), "she has not signed in yet").toBeNull();
    expect(await ann.client.findUser(ben.user)).toMatchObject({ user: ben.user });
    await a.removeMember(ben.user);
    await until(b.state, ({ thread, error }) => thread === null && error?.code === "not_a_member");
    await expect(b.send("still here?").sent).rejects.toMatchObject({ retryable: false });
    await until(ben.client.threads, ({ threads }) => threads.every((thread) => thread.id !== group.id));
    expect(mine.id).not.toBe(group.id);
  });

  test("the server is killed and comes back: what was written meanwhile arrives, in order", async () => {
    const { ben, mine, theirs } = await two();
    await mine.send("before").sent;
    await server.stop("SIGKILL");
    await until(ben.client.connection, ({ status }) => status === "connecting");
    const sent = ["one", "two", "three"].map((text) => mine.send(text).sent);
    await server.start();
    await Promise.all(sent);
    await until(theirs.messages, ({ messages }) => messages.length === 4, 30_000);
    expect(contents(theirs)).toEqual(["before", "one", "two", "three"]);
    expect(contents(mine)).toEqual(contents(theirs));
  }, 120_000);

  test("a server that stops tells first, and its sessions move without a word lost", async () => {
    const { ann, mine, theirs } = await two();
    await mine.send("before").sent;
    const stopping = server.stop("SIGTERM");
    await until(ann.client.connection, ({ status }) => status === "connecting");
    const { sent } = mine.send("after");
    await stopping;
    await server.start();
    await sent;
    await until(theirs.messages, ({ messages }) => messages.length === 2, 30_000);
    expect(contents(theirs)).toEqual(["before", "after"]);
  }, 120_000);
});
