import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ThreadlineError, local } from "../src/errors.js";
import { OUTBOX_OPS_MAX } from "../src/outbox/outbox.js";
import { settle } from "./support/clock.js";
import { World } from "./support/world.js";

const timeout = () => local("timeout", "no answer");
const limited = () => new ThreadlineError("rate_limited", "too fast", true, null, 100);
const refused = () => new ThreadlineError("forbidden", "no", false);
const threads = ["a", "b", "c"];

const step = fc.tuple(
  fc.constantFrom(
    "send",
    "send",
    "edit",
    "delete",
    "ok",
    "ok",
    "event",
    "lose request",
    "lose answer",
    "limit",
    "refuse",
    "wait",
    "drop",
    "up",
    "restart",
  ),
  fc.nat(),
);

/** Plays steps; returns the ids of what was refused for good. */
async function play(
  world: World,
  steps: readonly (readonly [string, number])[],
  refuses: boolean,
): Promise<Set<string>> {
  const failed = new Set<string>();
  await world.start();
  for (const [kind, pick] of steps) {
    const request = world.requests[pick % Math.max(1, world.requests.length)];
    const thread = threads[pick % threads.length]!;
    const message = world.asked[pick % Math.max(1, world.asked.length)]?.id ?? "none";
    if (kind === "send") world.send(thread, String(pick));
    else if (kind === "edit") world.ask({ type: "edit", thread, message, content: "", metadata: null });
    else if (kind === "delete") world.ask({ type: "delete", thread, message });
    else if (kind === "wait") await world.clock.advance(pick % 5_000);
    else if (kind === "drop") await world.disconnect();
    else if (kind === "up") await world.connect();
    else if (kind === "restart") await world.restart();
    else if (!request) continue;
    else if (kind === "ok") await world.answer(request, world.execute(request));
    else if (kind === "event") world.outbox.arrived(request.op.id, world.execute(request));
    else if (kind === "lose request") await world.answer(request, timeout());
    else if (kind === "limit") await world.answer(request, limited());
    else if (kind === "lose answer") {
      world.execute(request);
      await world.answer(request, timeout());
    } else if (kind === "refuse" && refuses && !world.done.some((op) => op.id === request.op.id)) {
      failed.add(request.op.id);
      await world.answer(request, refused());
    }
    await settle();
  }
  return failed;
}

/** The ids of what was asked for, in that order. */
const asked = (world: World) => world.asked.map((sending) => sending.id);

describe("whatever the network and the user do", () => {
  test("each op is done once, in each thread in the order in which it was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const world = new World();
        await play(world, steps, false);
        await world.drain();
        expect(world.outbox.ops).toEqual([]);
        expect(await world.storage.load("ann")).toEqual([]);
        expect(world.done.map((op) => op.id).sort()).toEqual(asked(world).sort());
        for (const thread of threads) {
          const done = world.done.filter((op) => op.thread === thread).map((op) => op.id);
          expect(done).toEqual(asked(world).filter((id) => done.includes(id)));
        }
        // Whoever is still there was told.
        for (const outcome of world.outcomes.values()) expect(["sent", "closed"]).toContain(outcome);
        expect(world.outcomes.size).toBe(world.asked.length);
      }),
      { numRuns: 300 },
    );
  });

  test("what is refused stays to be retried or given up, and holds nothing else up", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, again) => {
        const world = new World();
        const failed = await play(world, steps, true);
        await world.drain();
        expect(new Set(world.outbox.ops.map((op) => op.id))).toEqual(failed);
        for (const op of world.outbox.ops) expect(op.error?.code).toBe("forbidden");
        const others = world.done.filter((op) => !failed.has(op.id));
        for (const thread of threads) {
          const done = others.filter((op) => op.thread === thread).map((op) => op.id);
          expect(done).toEqual(asked(world).filter((id) => done.includes(id)));
        }
        if (again) world.outbox.retry();
        else
          for (const op of world.outbox.ops)
            world.outbox.discard(op.type === "send" ? op.id : "message" in op ? op.message : "");
        await world.drain();
        expect(world.outbox.ops).toEqual([]);
        expect(world.done.length).toBe(world.asked.length - (again ? 0 : failed.size));
        expect(await world.storage.load("ann")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the outbox", () => {
  test("has one op of a thread under way, and several threads at once", async () => {
    const world = new World();
    await world.start();
    await world.connect();
    for (const thread of ["a", "a", "b"]) world.send(thread);
    await settle();
    expect(world.requests.map((request) => request.op.thread)).toEqual(["a", "b"]);
  });

  test("bounds what is under way over all threads", async () => {
    const world = new World();
    await world.start();
    await world.connect();
    for (let thread = 0; thread < 100; thread++) world.send(`thread ${thread}`);
    await settle();
    expect(world.requests.length).toBe(16);
    await world.drain();
    expect(world.done.length).toBe(100);
  });

  test("waits as long as the server says", async () => {
    const world = new World();
    await world.start();
    await world.connect();
    world.send("a");
    await settle();
    await world.answer(world.requests[0]!, new ThreadlineError("rate_limited", "", true, null, 3_000));
    await world.clock.advance(2_999);
    expect(world.requests.length).toBe(0);
    await world.clock.advance(1_000);
    expect(world.requests.length).toBe(1);
  });

  test("an op that is refused again and again fails in the end", async () => {
    const world = new World();
    await world.start();
    await world.connect();
    const { sent } = world.send("a");
    for (let turn = 0; turn < 20; turn++) {
      await world.clock.advance(31_000);
      await world.answer(world.requests[0]!, new ThreadlineError("internal", "", true));
    }
    await expect(sent).rejects.toMatchObject({ code: "internal" });
    expect(world.outbox.ops[0]!.error?.code).toBe("internal");
  });

  test("a message whose id was used for another gets a new one with the retry", async () => {
    const world = new World();
    await world.start();
    await world.connect();
    const { id } = world.send("a");
    await settle();
    await world.answer(world.requests[0]!, new ThreadlineError("message_conflict", "", false));
    expect(world.outbox.retry(id)).toBe(true);
    await settle();
    expect(world.requests[0]!.op.id).not.toBe(id);
    await world.drain();
    expect(await world.storage.load("ann")).toEqual([]);
  });

  test("what is on its way cannot be given up, what waits can", async () => {
    const world = new World();
    await world.start();
    await world.connect();
    const [first, second] = [world.send("a"), world.send("a")];
    await settle();
    expect([world.outbox.discard(first.id), world.outbox.discard(second.id)]).toEqual([false, true]);
    await expect(second.sent).rejects.toMatchObject({ code: "discarded" });
    await world.drain();
    expect(world.done.map((op) => op.id)).toEqual([first.id]);
  });

  test("the last read mark takes the place of those that wait", async () => {
    const world = new World();
    await world.start();
    for (const number of [1, 5, 9]) world.ask({ type: "read", thread: "a", number });
    world.ask({ type: "read", thread: "b", number: 2 });
    expect(world.outbox.ops.map((op) => op.type === "read" && op.number)).toEqual([9, 2]);
    await world.connect();
    await world.answer(world.requests[0]!, refused());
    await world.drain();
    expect(world.outbox.ops).toEqual([]);
  });

  test("refuses more than it can hold", async () => {
    const world = new World();
    await world.start();
    for (let op = 0; op < OUTBOX_OPS_MAX; op++) world.send("a");
    await expect(world.send("a").sent).rejects.toMatchObject({ code: "outbox_full" });
    expect(world.outbox.ops.length).toBe(OUTBOX_OPS_MAX);
  });

  test("another user's ops stay where they are", async () => {
    const world = new World();
    await world.start("ann");
    const { id } = world.send("a");
    world.outbox.close();
    await world.start("ben");
    await world.drain();
    expect(world.done).toEqual([]);
    expect((await world.storage.load("ann")).map((op) => op.id)).toEqual([id]);
  });
});
