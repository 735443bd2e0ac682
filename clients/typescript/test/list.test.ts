import { describe, expect, test } from "vitest";
import { setUp } from "./support/client.js";
import { settle } from "./support/clock.js";

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
