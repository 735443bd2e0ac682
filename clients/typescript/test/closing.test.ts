import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import type { Message } from "../src/api/types.js";
import { type Client, createClient } from "../src/client.js";
import { type Clock, systemClock } from "../src/clock.js";
import { ClosingProxy, type Ending } from "./support/closing-proxy.js";
import { binary, Threadline } from "./support/threadline.js";
import { until } from "./support/until.js";

const path = binary();
if (!path) console.warn("no server binary: `cargo build` makes it; without it nothing here is tried on a real edge");

/** Waits take this much less time than they say. */
const HASTE = 20;
const hasty: Clock = { ...systemClock, setTimeout: (run, ms) => setTimeout(run, ms / HASTE) };
const THREADS = 3;
const MESSAGES = 16;

describe.skipIf(!path)("through a proxy that closes at every second frame", () => {
  const server = new Threadline(path ?? "", {
    THREADLINE_EDGE_RATE_PER_SECOND: "5000",
    THREADLINE_EDGE_RATE_BURST: "20000",
  });
  const open: { close(): unknown }[] = [];
  let users = 0;

  beforeAll(() => server.start(), 90_000);
  afterAll(async () => {
    for (const each of open) await each.close();
    await server.close();
  }, 30_000);

  function clientOf(user: string, socketUrl?: string): Client {
    class Through extends WebSocket {
      constructor(url: string) {
        super(socketUrl ?? url);
      }
    }
    const token = server.token(user);
    const options = { url: server.edge(), getToken: () => token, webSocket: Through, random: () => 0.02 };
    const client = createClient({ ...options, ...(socketUrl ? { clock: hasty } : {}) });
    open.push(client);
    client.connect();
    return client;
  }

  /** All messages of a thread as the server has them, oldest first. */
  async function historyOf(client: Client, thread: string): Promise<readonly Message[]> {
    const { messages } = await client.thread(thread).history({ limit: 200 });
    return [...messages].reverse();
  }

  const passedOn: Record<string, boolean[]> = {
    "after passing it on": [true],
    "in place of it, every second time": [false, true],
    "in place of it, most of the time": [false, false, false, false, true],
  };
  const cases = [1006, 1011, 1013].flatMap((code) => Object.keys(passedOn).map((when) => [code, when] as const));

  test.each(cases)(
    "with %d, %s: no op is stuck, lost or doubled",
    async (code, when) => {
      const name = `${++users}`;
      const [me, other] = [`ann-${name}`, `ben-${name}`];
      const pattern = passedOn[when]!;
      let turn = 0;
      const nextEnding = (): Ending => ({ code, isPassedOn: pattern[turn++ % pattern.length]! });
      const proxy = await ClosingProxy.to(server.edge(), nextEnding);
      open.push(proxy);
      const ben = clientOf(other);
      await until(ben.connection, ({ status }) => status === "connected");
      const threads: string[] = [];
      for (let index = 0; index < THREADS; index++) {
        const { id } = await ben.createThread({ kind: "group", participants: [me], title: `${index}` });
        threads.push(id);
        await ben.thread(id).send(`from ben ${index}`).sent;
      }

      const ann = clientOf(me, proxy.url);
      const expected = new Map<string, string[]>(threads.map((thread, index) => [thread, [`from ben ${index}`]]));
      const handles = threads.map((thread) => ann.thread(thread));
      for (const handle of handles) handle.messages.subscribe(() => {});
      for (let index = 0; index < MESSAGES; index++) {
        const handle = handles[index % THREADS]!;
        const sending = handle.send(`message ${index}`);
        const list = expected.get(handle.id)!;
        if (index % 8 === 3) {
          handle.edit(sending.id, `edited ${index}`);
          list.push(`edited ${index}`);
        } else if (index % 8 === 6) {
          // What was never sent would leave no trace.
          await sending.sent.catch(() => {});
          handle.delete(sending.id);
          list.push("");
        } else {
          list.push(`message ${index}`);
        }
      }
      for (const handle of handles) handle.markRead(1);

      // Each is done or told to have failed; nothing waits but for a message that failed.
      await until(
        ann.outbox,
        ({ ops }) => {
          const failed = new Set(ops.filter((op) => op.error).map((op) => op.message));
          return ops.every((op) => failed.has(op.message));
        },
        60_000,
      );
      expect(proxy.endings).toBeGreaterThan(MESSAGES / 2);
      proxy.mend();
      ann.connect();
      await until(ann.connection, ({ status }) => status === "connected");
      ann.retryFailed();
      await until(ann.outbox, ({ ops }) => ops.length === 0, 60_000);

      for (const [thread, texts] of expected) {
        // What is read may come a moment after what was written.
        const history = await vi.waitFor(async () => {
          const history = await historyOf(ben, thread);
          const shown = history.map(({ content, deleted_at }) => (deleted_at ? "" : content));
          expect(shown.toSorted(), "on the server").toEqual(texts.toSorted());
          return history;
        });
        expect(new Set(history.map(({ id }) => id)).size).toBe(history.length);
        const mine = ann.thread(thread).messages;
        await until(mine, ({ messages }) => messages.length === history.length);
        expect(mine.get().messages.map(({ content, number, state }) => [content, number, state])).toEqual(
          history.map(({ content, number }) => [content, number, "sent"]),
        );
      }
    },
    120_000,
  );
});
