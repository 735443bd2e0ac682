import { describe, expect, test } from "vitest";
import type { Metadata } from "../src/api/types.js";
import { setUp } from "./support/client.js";
import { limits } from "./support/socket.js";

const nested = (depth: number): Metadata => (depth === 1 ? {} : { in: nested(depth - 1) });
const itself: Record<string, unknown> = {};
itself.in = itself;

describe("what no server takes is refused before it is kept", () => {
  test.each<[string, { content: string; metadata?: Metadata }, string]>([
    ["an emoji cut in half", { content: "Great 😀".slice(0, 7) }, "message.content"],
    ["the other half", { content: "😀".slice(1) }, "message.content"],
    ["half of one in metadata", { content: "x", metadata: { a: ["\ud83d"] } }, "message.metadata"],
    ["half of one as a key", { content: "x", metadata: { "\ud83d": 1 } }, "message.metadata"],
    ["NaN", { content: "x", metadata: { a: Number.NaN } }, "message.metadata"],
    ["Infinity", { content: "x", metadata: { a: Number("1e400") } }, "message.metadata"],
    ["a bigint", { content: "x", metadata: { a: 1n as unknown as number } }, "message.metadata"],
    ["metadata nested 9 deep", { content: "x", metadata: nested(9) }, "message.metadata"],
    ["metadata nested 200 deep", { content: "x", metadata: nested(200) }, "message.metadata"],
    ["metadata that holds itself", { content: "x", metadata: itself as Metadata }, "message.metadata"],
  ])("%s", async (_, text, field) => {
    const { client } = await setUp();
    await expect(client.thread("t").send(text).sent).rejects.toMatchObject({
      code: "invalid_field",
      field,
      retryable: false,
    });
    expect(client.outbox.get().ops).toEqual([]);
  });

  test("an edit, too, with its own field", async () => {
    const { client } = await setUp();
    const { sent } = client.thread("t").edit("m", "Great \ud83d");
    await expect(sent).rejects.toMatchObject({ code: "invalid_field", field: "content" });
    expect(client.outbox.get().ops).toEqual([]);
  });

  test("whole emoji, 10,000 of them and metadata 8 deep are sent", async () => {
    const { edge, client, connect } = await setUp();
    await connect();
    const content = "😀".repeat(limits.content_chars_max);
    await client.thread("t").send({ content, metadata: nested(8) }).sent;
    expect(edge.messages("t").map((message) => message.content === content)).toEqual([true]);
  });
});

describe("what is too long", () => {
  test("is refused at once when the server's limits are known", async () => {
    const { client, connect } = await setUp();
    await connect();
    const long = client.thread("t").send("x".repeat(300_000));
    await expect(long.sent).rejects.toMatchObject({ code: "invalid_field", field: "message.content" });
    const large = client.thread("t").send({ content: "x", metadata: { a: "ü".repeat(4_100) } });
    await expect(large.sent).rejects.toMatchObject({ code: "invalid_field", field: "message.metadata" });
    expect(client.outbox.get().ops).toEqual([]);
  });

  test("and was kept before they were known fails when its turn comes, without a frame", async () => {
    const { clock, edge, client, connect } = await setUp();
    const frames: string[] = [];
    edge.endsAfter = (frame) => void frames.push(frame.type);
    const long = client.thread("t").send("x".repeat(300_000));
    client.thread("t").send("short");
    await connect();
    await clock.advance(1_000);
    await expect(long.sent).rejects.toMatchObject({ code: "invalid_field", field: "message.content" });
    expect(client.outbox.get()).toMatchObject({ failed: 1, pending: 0 });
    expect(edge.messages("t").map(({ content }) => content)).toEqual(["short"]);
    expect(frames.filter((type) => type === "send")).toEqual(["send"]);
  });
});
