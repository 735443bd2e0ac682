import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { local, ThreadlineError } from "../src/errors.js";
import { OUTBOX_OPS_MAX } from "../src/outbox/outbox.js";
import { settle } from "./support/clock.js";
import { World } from "./support/world.js";

const timeout = () => local("timeout", "no answer");
const limited = () => new ThreadlineError("rate_limited", "too fast", true, null, 100);
const refused = (code = "forbidden") => new ThreadlineError(code, "no", false);
/** What is refused so is retried with the same id, and with another one. */
const refusals = ["forbidden", "invalid_field"];
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
    "up",
    "up",
    "refuse",
    "refuse",
    "restart",
  ),
  fc.nat(),
);

/** A message as the user wants it. */
interface Wanted {
  readonly name: number;
  readonly thread: string;
  content: string;
  deleted: boolean;
  /** Whether something of it was refused for good, and whether that was its posting. */
  refused: "no" | "posting" | "change";
}

/** Plays steps; returns what the user wants in the end. */
async function play(
  world: World,
  steps: readonly (readonly [string, number])[],
  refuses: boolean,
): Promise<readonly Wanted[]> {
  const wanted: Wanted[] = [];
  const nameOf = (id: string) => {
    const sends = world.outbox.ops.filter((op) => op.type === "send");
    return sends.find((op) => op.id === id)?.draft.metadata.name ?? world.posted.get(id)?.name;
  };
  const idOf = (name: number) =>
    [...world.outbox.ops.map((op) => op.id), ...world.posted.keys()].find((id) => nameOf(id) === name)!;
  await world.start();
  for (const [kind, pick] of steps) {
    const request = world.requests[pick % Math.max(1, world.requests.length)];
    const thread = threads[pick % threads.length]!;
    const there = wanted.filter((message) => !message.deleted);
    const message = there[pick % Math.max(1, there.length)];
    if (kind === "send") {
      const name = wanted.length;
      wanted.push({ name, thread, content: `first ${name}`, deleted: false, refused: "no" });
      world.send(thread, `first ${name}`, name);
    } else if (kind === "edit" && message) {
      message.content = `edited ${world.asked.length}`;
      if (message.refused === "posting") message.refused = "no";
      world.edit(message.thread, idOf(message.name), message.content);
    } else if (kind === "delete" && message) {
      message.deleted = true;
      world.delete(message.thread, idOf(message.name));
    } else if (kind === "wait") await world.clock.advance(pick % 5_000);
    else if (kind === "drop") await world.disconnect();
    else if (kind === "up") await world.connect();
    else if (kind === "restart") await world.restart();
    else if (!request) continue;
    else if (kind === "ok") await world.answer(request, world.execute(request));
    else if (kind === "event") {
      const written = world.execute(request);
      if (request.op.type === "send") world.outbox.arrived(request.op.id, written);
    } else if (kind === "lose request") await world.answer(request, timeout());
    else if (kind === "limit") await world.answer(request, limited());
    else if (kind === "lose answer") {
      world.execute(request);
      await world.answer(request, timeout());
    } else if (kind === "refuse" && refuses && !world.done.some((op) => op.id === request.op.id)) {
      const name = nameOf("message" in request.op ? request.op.message : request.op.id);
      const of = wanted.find((each) => each.name === name)!;
      if (request.op.type === "send") of.refused = "posting";
      else if (of.refused === "no") of.refused = "change";
      await world.answer(request, refused(refusals[pick % 2]));
    }
    await settle();
  }
  return wanted;
}

/** The ids of what was asked for, in that order. */
const asked = (world: World) => [...new Set(world.asked.map((sending) => sending.id))];
const named = (world: World, { name }: Wanted) => [...world.posted.values()].filter((each) => each.name === name);

describe("whatever the network and the user do", () => {
  test("each op is done once, in each thread in the order in which it was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const world = new World();
        const wanted = await play(world, steps, false);
        await world.drain();
        expect(world.outbox.ops).toEqual([]);
        expect(await world.storage.load("ann")).toEqual([]);
        for (const thread of threads) {
          const done = world.done.filter((op) => op.thread === thread).map((op) => op.id);
          expect(done).toEqual(asked(world).filter((id) => done.includes(id)));
        }
        for (const message of wanted) {
          const { name, content, deleted } = message;
          const [posted, ...others] = named(world, message);
          expect(others).toEqual([]);
          // What was deleted before it was posted may never have been.
          if (!deleted) expect(posted).toEqual({ name, content, deleted });
          else expect(posted?.deleted ?? true).toBe(true);
        }
        // Whoever is still there was told.
        for (const outcome of world.outcomes.values()) expect(["sent", "closed", "discarded"]).toContain(outcome);
        expect([...world.outcomes.keys()].sort()).toEqual(asked(world).sort());
      }),
      { numRuns: 300 },
    );
  });

  test("what is refused stays to be retried or given up, and holds nothing else up", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, again) => {
        const world = new World();
        const wanted = await play(world, steps, true);
        await world.drain();
        const failed = world.outbox.ops.filter((op) => op.error).map((op) => op.id);
        for (const op of world.outbox.ops) {
          if (op.error) expect(refusals).toContain(op.error.code);
          else expect(failed).toContain("message" in op && op.message);
        }
        if (again) world.outbox.retry();
        else expect(world.outbox.discard()).toBe(failed.length > 0);
        await world.drain();
        expect(world.outbox.ops).toEqual([]);
        expect(await world.storage.load("ann")).toEqual([]);
        for (const message of wanted) {
          const { name, content, deleted, refused } = message;
          const there = named(world, message);
          expect(there.length).toBeLessThanOrEqual(1);
          if (deleted && there.length === 0) continue;
          if (refused === "no" || (again && refused === "posting")) expect(there).toEqual([{ name, content, deleted }]);
          else if (refused === "posting") expect(there).toEqual([]);
        }
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
