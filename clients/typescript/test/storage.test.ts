import { IDBFactory } from "fake-indexeddb";
import { describe, expect, test } from "vitest";
import { systemClock } from "../src/clock.js";
import { Ids } from "../src/ids.js";
import type { Op } from "../src/outbox/op.js";
import { Outbox } from "../src/outbox/outbox.js";
import { owner } from "../src/outbox/owner.js";
import { indexedDbStorage, memoryStorage, type OutboxStorage } from "../src/outbox/storage.js";
import { FakeLocks } from "./support/locks.js";

const ids = new Ids(systemClock);
const op = (scope: string): Op => ({
  type: "delete",
  id: ids.mint(),
  scope,
  owner: "o",
  thread: "t",
  at: 1,
  error: null,
  message: "m",
});

describe.each([
  ["memory", () => memoryStorage()],
  ["IndexedDB", () => indexedDbStorage("outbox", new IDBFactory())],
])("%s", (_, make) => {
  test("keeps ops by scope, replaces them, forgets them, in the order of the calls", async () => {
    const storage = make();
    const [one, two, other] = [op("ann"), op("ann"), op("ben")];
    const writes = [one, two, other, { ...one, at: 2 }].map((each) => storage.save(each));
    const removed = storage.remove(two.id);
    await Promise.all([...writes, removed]);
    expect(await storage.load("ann")).toEqual([{ ...one, at: 2 }]);
    expect(await storage.load("ben")).toEqual([other]);
  });
});

test("IndexedDB outlives the page", async () => {
  const factory = new IDBFactory();
  const kept = op("ann");
  await indexedDbStorage("outbox", factory).save(kept);
  expect(await indexedDbStorage("outbox", factory).load("ann")).toEqual([kept]);
});

/** A factory whose connections can be ended, as browsers do. */
function droppable() {
  const factory = new IDBFactory();
  const connections: IDBDatabase[] = [];
  const open = factory.open.bind(factory);
  factory.open = (...call) => {
    const request = open(...call);
    request.addEventListener("success", () => connections.push(request.result));
    return request;
  };
  const drop = () => {
    for (const connection of connections.splice(0)) connection.close();
  };
  return { factory, connections, drop };
}

test("IndexedDB is opened again when the browser has ended the connection", async () => {
  const { factory, connections, drop } = droppable();
  const storage = indexedDbStorage("outbox", factory);
  const [one, two, three] = [op("ann"), op("ann"), op("ann")];
  await storage.save(one);
  drop();
  await Promise.all([storage.save(two), storage.save(three), storage.remove(two.id)]);
  expect(await storage.load("ann")).toEqual([one, three]);
  expect(connections.length).toBe(1);
});

test("IndexedDB that could not be opened is tried again", async () => {
  const { factory } = droppable();
  const { open } = factory;
  let fails = true;
  factory.open = (...call) => {
    if (fails) throw new DOMException("not now", "UnknownError");
    return open(...call);
  };
  const storage = indexedDbStorage("outbox", factory);
  const kept = op("ann");
  await expect(storage.save(kept)).rejects.toThrow("not now");
  fails = false;
  await storage.save(kept);
  expect(await storage.load("ann")).toEqual([kept]);
});

test("without locks, a client that looks twice for what was left takes it once", async () => {
  const storage = memoryStorage();
  const left = op("ann");
  await storage.save(left);
  const done: string[] = [];
  const outbox = new Outbox({
    storage,
    owner: owner("mine", undefined),
    ids,
    clock: systemClock,
    random: () => 0,
    refusalOf: () => undefined,
    submit: async ({ id }) => {
      done.push(id);
      return { seq: 1, at: "", position: null };
    },
    onChange: () => {},
  });
  await Promise.all([outbox.open("ann"), outbox.adopt(), outbox.adopt()]);
  expect(outbox.ops.map((each) => each.id)).toEqual([left.id]);
  outbox.start();
  await outbox.adopt();
  expect([done, outbox.ops, await storage.load("ann")]).toEqual([[left.id], [], []]);
});

describe("several tabs with one storage", () => {
  function tab(storage: OutboxStorage, locks: LockManager) {
    const mine = owner(ids.mint(), locks);
    const outbox = new Outbox({
      storage,
      owner: mine,
      ids,
      clock: systemClock,
      random: () => 0,
      refusalOf: () => undefined,
      submit: () => new Promise(() => {}),
      onChange: () => {},
    });
    return { outbox, send: () => outbox.add({ type: "delete", thread: "t", message: "m" }).id };
  }
  const idsOf = ({ outbox }: { outbox: Outbox }) => outbox.ops.map((each) => each.id);

  test("each does its own ops, and one of them those of a tab that is gone", async () => {
    const [storage, locks] = [memoryStorage(), new FakeLocks().of("a page")];
    const tabs = [tab(storage, locks), tab(storage, locks), tab(storage, locks)] as const;
    await Promise.all(tabs.map(({ outbox }) => outbox.open("ann")));
    const sent = tabs.map(({ send }) => send());
    await Promise.all(tabs.map(({ outbox }) => outbox.adopt()));
    expect(tabs.map(idsOf)).toEqual(sent.map((id) => [id]));
    tabs[0].outbox.close();
    await Promise.all([tabs[1].outbox.adopt(), tabs[2].outbox.adopt()]);
    const adopted = [...idsOf(tabs[1]), ...idsOf(tabs[2])];
    expect(adopted.sort()).toEqual([...sent].sort());
  });
});

test("a storage that fails is said not to be durable, and nothing else suffers", async () => {
  const broken: OutboxStorage = {
    load: () => Promise.reject(new Error("private mode")),
    save: () => Promise.reject(new Error("private mode")),
    remove: () => Promise.reject(new Error("private mode")),
  };
  const outbox = new Outbox({
    storage: broken,
    owner: owner("o", undefined),
    ids,
    clock: systemClock,
    random: () => 0,
    refusalOf: () => undefined,
    submit: async () => ({ seq: 1, at: "", position: null }),
    onChange: () => {},
  });
  await outbox.open("ann");
  outbox.start();
  await outbox.add({ type: "delete", thread: "t", message: "m" }).sent;
  expect([outbox.durable, outbox.ops]).toEqual([false, []]);
});
