import { describe, expect, test } from "vitest";
import { memoryStorage } from "../src/outbox/storage.js";
import { clientOf, setUp } from "./support/client.js";
import { settle } from "./support/clock.js";

describe("what failed", () => {
  test("in a thread that one is put out of meanwhile is told, kept, and can be given up", async () => {
    const storage = memoryStorage();
    const { clock, edge, client, connect } = await setUp({ storage, user: "ann" });
    client.threads.subscribe(() => {});
    await connect();
    edge.drop();
    const { id, sent } = client.thread("t").send("to all");
    edge.append("t", { type: "member_removed", user: "ann", by: "ben", at: edge.now() });
    await clock.advance(2_000);
    await expect(sent).rejects.toMatchObject({ code: "unknown_thread" });
    expect(client.threads.get().threads).toEqual([]);
    client.close();

    const next = clientOf(edge, clock, { storage, user: "ann" });
    await settle();
    const { ops, failed } = next.outbox.get();
    expect(failed).toBe(1);
    expect(ops).toMatchObject([
      { id, thread: "t", type: "send", message: id, content: "to all", error: { code: "unknown_thread" } },
    ]);
    expect(next.discardFailed()).toBe(true);
    await settle();
    expect(next.outbox.get()).toMatchObject({ ops: [], failed: 0 });
    expect([next.discardFailed(), await storage.load("http://edge ann")]).toEqual([false, []]);
  });

  test("of a message that is not loaded is told, and given up without what waits", async () => {
    const { edge, client, connect } = await setUp();
    await connect();
    client.thread("t").edit("elsewhere", "new");
    client.thread("t").delete("elsewhere");
    await settle();
    edge.drop();
    const { id } = client.thread("t").send("hello");
    expect(client.outbox.get()).toMatchObject({
      ops: [
        { type: "edit", message: "elsewhere", content: "new", error: { code: "unknown_message" } },
        { type: "delete", message: "elsewhere", content: undefined, error: { code: "unknown_message" } },
        { id, type: "send", error: null },
      ],
      failed: 2,
      pending: 1,
    });
    expect(client.discardFailed()).toBe(true);
    expect(client.outbox.get().ops.map((op) => op.id)).toEqual([id]);
  });

  test("to be stored is told, and whether anything can be", async () => {
    let fail = (_: Error) => {};
    const save = () => new Promise<void>((_, reject) => (fail = reject));
    const { clock, client, connect } = await setUp({ storage: { ...memoryStorage(), save } });
    const told = [client.outbox.get().durable];
    client.outbox.subscribe(() => told.push(client.outbox.get().durable));
    // Whose it is is known once there is a session.
    await connect();
    expect(told).toEqual([false, true]);
    client.disconnect();
    client.thread("t").send("hello");
    await clock.advance(100);
    expect(told.at(-1)).toBe(true);
    fail(new Error("the disk is full"));
    await clock.advance(100);
    expect(told.at(-1)).toBe(false);
  });

  test("a read mark that waits is among the ops and counted nowhere", async () => {
    const { client } = await setUp();
    client.thread("t").markRead(3);
    expect(client.outbox.get()).toMatchObject({ ops: [{ type: "read", thread: "t" }], pending: 0, failed: 0 });
    expect(client.outbox.get().ops[0]!.message).toBeUndefined();
  });
});
