import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeCodes } from "../src/codes.js";
import { memoryStorage } from "../src/outbox/storage.js";
import { clientOf, setUp } from "./support/client.js";
import { settle } from "./support/clock.js";
import type { Sent } from "./support/socket.js";

const isPoison = (frame: Sent) => frame.type === "send" && frame.message.content === "poison";

describe("an op that ends the connection", () => {
  test("twice by the server's word has failed, and all others are sent", async () => {
    const { clock, edge, client, connect } = await setUp();
    edge.create("u", ["ann", "ben"]);
    edge.endsAfter = (frame) => (isPoison(frame) ? { code: closeCodes.badFrame, done: false } : undefined);
    const poison = client.thread("t").send("poison");
    const behind = client.thread("t").send("after it");
    const elsewhere = client.thread("u").send("elsewhere");
    await connect();
    await clock.advance(10_000);
    await expect(poison.sent).rejects.toMatchObject({ code: "ends_connection" });
    await expect(Promise.all([behind.sent, elsewhere.sent])).resolves.toHaveLength(2);
    expect(client.connection.get().status).toBe("connected");
    expect(client.outbox.get()).toMatchObject({ failed: 1, pending: 0 });

    client.thread("t").edit(poison.id, "cure");
    await clock.advance(1_000);
    expect(client.outbox.get()).toMatchObject({ failed: 0, pending: 0 });
    expect(edge.messages("t").map(({ content }) => content)).toEqual(["after it", "cure"]);
  });

  test("is not tried again by the next page", async () => {
    const storage = memoryStorage();
    const { clock, edge, client, connect } = await setUp({ storage, user: "ann" });
    edge.endsAfter = (frame) => (isPoison(frame) ? { code: closeCodes.badFrame, done: false } : undefined);
    client.thread("t").send("poison");
    await connect();
    await clock.advance(10_000);
    client.close();
    const next = clientOf(edge, clock, { storage, user: "ann" });
    next.connect();
    await clock.advance(10_000);
    expect(next.connection.get()).toMatchObject({ status: "connected", reason: "welcome" });
    expect(next.outbox.get()).toMatchObject({ failed: 1 });
    expect(next.discardFailed()).toBe(true);
  });

  test("through a network that drops it has failed after six times, and holds up no other", async () => {
    const { clock, edge, client, connect } = await setUp();
    edge.create("u", ["ann", "ben"]);
    let drops = 0;
    edge.endsAfter = (frame) => {
      if (!isPoison(frame)) return undefined;
      drops++;
      return { code: 1006, done: false };
    };
    const poison = client.thread("t").send("poison");
    await connect();
    for (let name = 0; name < 40; name++) {
      client.thread("u").send(`other ${name}`);
      await clock.advance(30_000);
    }
    await expect(poison.sent).rejects.toMatchObject({ code: "disconnected", retryable: true });
    expect(drops).toBe(6);
    expect(client.outbox.get()).toMatchObject({ failed: 1, pending: 0 });
    edge.endsAfter = () => undefined;
    client.retryFailed();
    await settle();
    expect(edge.messages("t").map(({ content }) => content)).toEqual(["poison"]);
  });

  test("whose answer was lost is done once its event comes, be it an edit or a deletion", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    const thread = client.thread("t");
    thread.messages.subscribe(() => {});
    const { id, sent } = thread.send("one");
    await sent;
    await clock.advance(100);
    const lost = new Set<string>();
    edge.endsAfter = ({ type }) => {
      if (type === "hello" || lost.has(type)) return undefined;
      lost.add(type);
      return { code: 1006, done: true };
    };
    edge.answers = false;
    const edit = thread.edit(id, "two");
    const deletion = thread.delete(id);
    await clock.advance(30_000);
    await expect(edit.sent).resolves.toMatchObject({ seq: 3 });
    await expect(deletion.sent).resolves.toMatchObject({ seq: 4 });
    expect([...lost]).toEqual(["edit", "delete"]);
    expect(client.outbox.get().ops).toEqual([]);
  });

  test("where no request was under way, a frame that cannot be read ends it for good", async () => {
    const { edge, client, connect, clock } = await setUp();
    await connect();
    edge.drop(closeCodes.badFrame);
    await clock.advance(60_000);
    expect(client.connection.get()).toMatchObject({ status: "disconnected", code: closeCodes.badFrame });
  });
});

test("with a server that ends the connection after every second frame, all is done once or told, and nothing is stuck", async () => {
  const codes = fc.constantFrom(1006, 1011, closeCodes.badFrame, closeCodes.overload);
  const ends = fc.array(fc.record({ code: codes, done: fc.boolean() }), { minLength: 1, maxLength: 30 });
  const threads = ["t", "u", "v"];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...threads), { minLength: 1, maxLength: 12 }), ends, async (to, ends) => {
      const { clock, edge, client, connect } = await setUp();
      for (const thread of threads.slice(1)) edge.create(thread, ["ann", "ben"]);
      let [frames, turn] = [0, 0];
      edge.endsAfter = () => (++frames % 2 === 0 ? ends[turn++ % ends.length] : undefined);
      const sendings = to.map((thread, index) => client.thread(thread).send(`${index}`));
      await connect();
      for (let minute = 0; client.outbox.get().pending > 0; minute++) {
        if (minute > 120) throw new Error(`stuck: ${JSON.stringify(client.outbox.get().ops)}`);
        client.connect();
        await clock.advance(60_000);
      }
      // Each was told; of what was told to have failed, some may have been done.
      const outcomes = await Promise.allSettled(sendings.map(({ sent }) => sent));
      const failed = outcomes.filter(({ status }) => status === "rejected").length;
      expect(failed).toBeGreaterThanOrEqual(client.outbox.get().failed);

      edge.endsAfter = () => undefined;
      client.connect();
      await clock.advance(60_000);
      client.retryFailed();
      await clock.advance(60_000);
      expect(client.outbox.get().ops).toEqual([]);
      for (const thread of threads) {
        const sent = to.flatMap((to, index) => (to === thread ? [`${index}`] : []));
        expect(
          edge
            .messages(thread)
            .map(({ content }) => content)
            .sort(),
        ).toEqual(sent.sort());
      }
    }),
    { numRuns: 200 },
  );
});
