import { describe, expect, test } from "vitest";
import { setUp } from "./support/client.js";
import { settle } from "./support/clock.js";
import type { FakeEdge } from "./support/edge.js";
import type { Sent } from "./support/socket.js";

/** What happened to messages, in order. */
const story = (edge: FakeEdge) =>
  edge.log.flatMap(({ event }) => {
    if (event.type === "message_posted") return `posted ${event.message.content}`;
    if (event.type === "message_edited") return `edited ${event.content}`;
    return event.type === "message_deleted" ? "deleted" : [];
  });

async function connected() {
  const world = await setUp();
  const thread = world.client.thread("t");
  thread.messages.subscribe(() => {});
  await world.connect();
  const shown = () => thread.messages.get().messages.map(({ content, state }) => `${content} ${state}`);
  const drop = async (ms = 2_000) => {
    world.edge.drop();
    await world.clock.advance(ms);
  };
  return { ...world, thread, shown, drop };
}

/** Requests reach the edge when they are let through, or not at all. */
function hold(edge: FakeEdge) {
  const socket = edge.socket!;
  const { onsent } = socket;
  const held: Sent[] = [];
  socket.onsent = (frame) => void (frame.id === undefined ? onsent(frame) : held.push(frame));
  return async () => {
    socket.onsent = onsent;
    for (const frame of held.splice(0)) onsent(frame);
    await settle();
  };
}

const refuseSends = (code: string) => (frame: Sent) => (frame.type === "send" ? code : undefined);

describe("a message that waits", () => {
  test("is posted as it was edited last", async () => {
    const { clock, edge, thread, shown } = await connected();
    edge.drop();
    const { id, sent } = thread.send("one");
    const edits = [thread.edit(id, "two"), thread.edit(id, "three")];
    expect(shown()).toEqual(["three pending"]);
    await clock.advance(2_000);
    for (const promise of [sent, ...edits.map((edit) => edit.sent)]) {
      expect(await promise).toMatchObject({ message: id });
    }
    expect([story(edge), shown()]).toEqual([["posted three"], ["three sent"]]);
  });

  test("is never posted when it was deleted", async () => {
    const { clock, client, edge, thread, shown } = await connected();
    edge.drop();
    const { id, sent } = thread.send("one");
    const deleted = thread.delete(id);
    await expect(sent).rejects.toMatchObject({ code: "discarded" });
    expect(await deleted.sent).toMatchObject({ message: id, seq: 0 });
    expect([shown(), client.outbox.get().ops]).toEqual([[], []]);
    await clock.advance(2_000);
    expect(story(edge)).toEqual([]);
  });

  test("and may have been posted already is not changed but edited", async () => {
    const { client, clock, edge, thread, drop } = await connected();
    edge.network = () => [];
    const { id } = thread.send("one");
    await settle();
    edge.drop();
    edge.network = (frames) => frames;
    thread.edit(id, "two");
    await clock.advance(2_000);
    expect([story(edge), client.outbox.get().ops]).toEqual([["posted one", "edited two"], []]);
    await drop();
    expect(thread.messages.get().messages.map((message) => message.content)).toEqual(["two"]);
  });
});

describe("a message on its way", () => {
  test("is edited and deleted after it was posted", async () => {
    const { edge, thread, shown } = await connected();
    const release = hold(edge);
    const { id } = thread.send("one");
    const [edited, deleted] = [thread.edit(id, "two"), thread.delete(id)];
    expect(thread.messages.get().messages[0]!.deleted_at).not.toBeNull();
    await release();
    await Promise.all([edited.sent, deleted.sent]);
    expect([story(edge), shown()]).toEqual([["posted one", "edited two", "deleted"], [" sent"]]);
  });

  test("is gone when it is refused after it was deleted", async () => {
    const { client, edge, thread, shown } = await connected();
    edge.refuses = refuseSends("forbidden");
    const release = hold(edge);
    const { id, sent } = thread.send("one");
    const deleted = thread.delete(id);
    await release();
    await expect(sent).rejects.toMatchObject({ code: "forbidden" });
    expect(await deleted.sent).toMatchObject({ message: id });
    expect([shown(), client.outbox.get().ops]).toEqual([[], []]);
  });

  test("keeps its edits when it is refused, and they follow it when it is retried under another id", async () => {
    const { client, edge, thread, shown } = await connected();
    const asked: string[] = [];
    edge.refuses = (frame) => {
      asked.push(frame.type);
      return frame.type === "send" ? "message_conflict" : undefined;
    };
    const release = hold(edge);
    const { id } = thread.send("one");
    const edited = thread.edit(id, "two");
    const next = thread.send("next");
    await release();
    expect(shown()).toEqual(["two failed", "next failed"]);
    expect(asked).toEqual(["send", "send"]);
    edge.refuses = () => undefined;
    expect(thread.retry(next.id)).toBe(true);
    expect(client.retryFailed()).toBe(true);
    await edited.sent;
    expect(story(edge)).toEqual(["posted next", "posted one", "edited two"]);
    expect([client.outbox.get().ops, edge.messages("t").some((message) => message.id === id)]).toEqual([[], false]);
  });

  test("takes its edits along when it is refused and given up", async () => {
    const { client, edge, thread } = await connected();
    edge.refuses = refuseSends("forbidden");
    const release = hold(edge);
    const { id } = thread.send("one");
    const { sent } = thread.edit(id, "two");
    await release();
    expect(client.discardFailed()).toBe(true);
    await expect(sent).rejects.toMatchObject({ code: "discarded" });
    expect(client.outbox.get().ops).toEqual([]);
  });
});

describe("a message that failed", () => {
  test("is tried again with what it was edited to, and with nothing of what it was edited to before", async () => {
    const { client, edge, thread, shown } = await connected();
    edge.refuses = (frame) => (frame.type === "send" && frame.message.content === "too long" ? "forbidden" : undefined);
    const release = hold(edge);
    const { id } = thread.send("too long");
    thread.edit(id, "between");
    await release();
    expect(shown()).toEqual(["between failed"]);
    const { id: again, sent } = thread.edit(id, "short");
    expect(await sent).toMatchObject({ message: again });
    expect([story(edge), shown(), client.outbox.get().ops]).toEqual([["posted short"], ["short sent"], []]);
    expect(again).not.toBe(id);
  });

  test("is gone when it is deleted", async () => {
    const { client, edge, thread, shown } = await connected();
    edge.refuses = refuseSends("forbidden");
    const { id } = thread.send("one");
    await settle();
    expect(await thread.delete(id).sent).toMatchObject({ message: id });
    expect([shown(), client.outbox.get().ops]).toEqual([[], []]);
  });

  test("because nobody answered, though it may be there, is edited where it is", async () => {
    const { client, clock, edge, thread } = await connected();
    edge.network = (frames) => frames.filter((frame) => frame.type !== "ok" && frame.type !== "event");
    const { id, sent } = thread.send("one");
    await clock.advance(20 * 45_000);
    await expect(sent).rejects.toMatchObject({ code: "timeout" });
    edge.network = (frames) => frames;
    thread.edit(id, "two");
    expect(thread.messages.get().messages.at(-1)).toMatchObject({ content: "two", state: "failed" });
    client.retryFailed();
    await settle();
    expect([story(edge), client.outbox.get().ops]).toEqual([["posted one", "edited two"], []]);
  });
});
