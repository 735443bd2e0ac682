import { describe, expect, test } from "vitest";
import { memoryStorage } from "../src/outbox/storage.js";
import { clientOf, setUp } from "./support/client.js";
import { settle } from "./support/clock.js";

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
    expect(client.outbox.get()).toMatchObject({ pending: 1, failed: 0, durable: true });
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
