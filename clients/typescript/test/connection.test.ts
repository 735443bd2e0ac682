import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ServerFrame } from "../src/api/frames.js";
import { closeCodes, reconnects } from "../src/codes.js";
import { Connection } from "../src/net/connection.js";
import { Tokens } from "../src/net/tokens.js";
import { Notifier } from "../src/store.js";
import { FakeClock, settle } from "./support/clock.js";
import { sockets, welcome } from "./support/socket.js";

function setUp(getToken: () => string | Promise<string> = () => "token") {
  const clock = new FakeClock();
  const { opened, webSocket, last } = sockets();
  const frames: ServerFrame[] = [];
  const sessions: string[] = [];
  let tokens = 0;
  const connection = new Connection({
    url: "ws://edge/ws",
    tokens: new Tokens(() => {
      tokens++;
      return getToken();
    }, clock),
    open: (url) => new webSocket(url),
    clock,
    random: () => 0.5,
    notifier: new Notifier(clock),
    onWelcome: (_, resumed) => void sessions.push(resumed ? "resumed" : "fresh"),
    onFrame: (frame) => void frames.push(frame),
    onDown: () => void sessions.push("down"),
  });
  const up = async (cursor = "c1") => {
    connection.connect();
    await settle();
    last().open();
    last().receive(welcome("ann", cursor));
  };
  const state = () => connection.state.get();
  return { clock, connection, opened, last, frames, sessions, up, state, asked: () => tokens };
}

describe("connecting", () => {
  test("says hello with a token, and is connected with the welcome", async () => {
    const { connection, last, state, sessions } = setUp();
    expect(state()).toEqual({ status: "disconnected", code: 0, reason: "not_started", retryAt: null });
    connection.connect();
    expect(state()).toMatchObject({ status: "connecting", reason: "connect" });
    await settle();
    last().open();
    expect(last().sent).toEqual([{ type: "hello", token: "token" }]);
    last().receive(welcome());
    expect(state()).toMatchObject({ status: "connected", code: 0, reason: "welcome" });
    expect(sessions).toEqual(["fresh"]);
  });

  test("waits and asks again when there is no token", async () => {
    let fails = true;
    const { clock, connection, opened, state } = setUp(() => {
      if (fails) throw new Error("signed out");
      return "token";
    });
    connection.connect();
    await settle();
    expect(opened.length).toBe(0);
    expect(state()).toMatchObject({ status: "connecting", code: 0, reason: "no_token", retryAt: clock.now() + 250 });
    fails = false;
    await clock.advance(250);
    expect(opened.length).toBe(1);
  });

  test("a token that never comes is asked for anew, and does not count when it comes after all", async () => {
    const give: ((token: string) => void)[] = [];
    const { clock, connection, opened, last, state } = setUp(() => new Promise((resolve) => give.push(resolve)));
    connection.connect();
    await clock.advance(20_000);
    expect(state()).toMatchObject({ status: "connecting", code: 0, reason: "no_token", retryAt: clock.now() + 250 });
    connection.connect();
    await settle();
    expect(give.length).toBe(2);
    give[0]!("late");
    await settle();
    expect(opened.length).toBe(0);
    give[1]!("new");
    await settle();
    last().open();
    expect(last().last("hello").token).toBe("new");
  });

  test("gives up a socket that does not open in time", async () => {
    const { clock, connection, opened, state } = setUp();
    connection.connect();
    await clock.advance(20_000);
    expect(opened[0]!.closed).toBe(true);
    expect(state()).toMatchObject({ status: "connecting", code: 0, reason: "open_timeout" });
  });

  test("two calls make one connection, and disconnect ends it while a token is awaited", async () => {
    let give: (token: string) => void = () => {};
    const { connection, opened, state } = setUp(() => new Promise((resolve) => (give = resolve)));
    connection.connect();
    connection.connect();
    connection.disconnect();
    give("token");
    await settle();
    expect(opened.length).toBe(0);
    expect(state()).toMatchObject({ status: "disconnected", code: 1000, reason: "disconnect" });
  });
});

describe("reconnecting", () => {
  test("goes on from the newest cursor", async () => {
    const { clock, last, opened, up, sessions } = setUp();
    await up("c1");
    last().receive({ type: "pong", cursor: "c2" });
    last().drop();
    await clock.advance(250);
    expect(opened.length).toBe(2);
    last().open();
    expect(last().last("hello")).toMatchObject({ cursor: "c2" });
    last().receive(welcome("ann", "c2", true));
    expect(sessions).toEqual(["fresh", "down", "resumed"]);
  });

  test("waits longer each time, and begins anew after a session that lasted", async () => {
    const { clock, last, up, state } = setUp();
    const waits: number[] = [];
    await up();
    for (let attempt = 0; attempt < 8; attempt++) {
      last().drop();
      const wait = state().retryAt! - clock.now();
      waits.push(wait);
      await clock.advance(wait);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    last().receive(welcome());
    await clock.advance(5_000);
    last().drop();
    expect(state().retryAt! - clock.now()).toBe(250);
  });

  test("sessions that end at once do not make it hurry", async () => {
    const { clock, last, up, state } = setUp();
    await up();
    for (const wait of [250, 500, 1_000]) {
      last().drop(4001, "slow");
      expect(state().retryAt! - clock.now()).toBe(wait);
      await clock.advance(wait);
      last().receive(welcome());
    }
  });

  test.each(Object.entries(closeCodes))("the number alone decides after %s", async (reason, code) => {
    const { clock, last, up, state, opened } = setUp();
    await up();
    last().drop(code, reason);
    expect(state()).toMatchObject({ status: reconnects(code) ? "connecting" : "disconnected", code, reason });
    await clock.advance(60_000);
    expect(opened.length > 1).toBe(code < 4500);
  });

  test("the table is the server's", () => {
    const source = readFileSync(new URL("../../../services/wire/src/codes.rs", import.meta.url), "utf8");
    const table = [...source.matchAll(/^ {4}(\w+) = (\d+),$/gm)];
    const named = table.map(([, name, number]) => [name![0]!.toLowerCase() + name!.slice(1), Number(number)]);
    expect(Object.fromEntries(named)).toEqual(closeCodes);
  });

  test("after a close that says too much, at least a second passes", async () => {
    for (const code of [closeCodes.rate, closeCodes.overload]) {
      const { clock, last, up, state } = setUp();
      await up();
      last().drop(code);
      expect(state().retryAt! - clock.now()).toBe(1_250);
    }
  });

  test("connect ends the wait", async () => {
    const { connection, opened, last, state, up } = setUp();
    await up();
    last().drop(1006);
    expect(state().retryAt).not.toBeNull();
    connection.connect();
    await settle();
    expect([opened.length, state().status, state().retryAt]).toEqual([2, "connecting", null]);
  });

  test("a network that is back ends the wait", async () => {
    const { clock, connection, last, opened, up } = setUp();
    await up();
    last().drop();
    await clock.advance(1);
    connection.wake();
    await settle();
    expect(opened.length).toBe(2);
  });

  test("a network that is back resets the backoff", async () => {
    const { clock, connection, last, up, state } = setUp();
    await up();
    for (let times = 1; times <= 6; times++) {
      last().drop();
      await clock.advance(state().retryAt! - clock.now());
      last().open();
      last().receive(welcome());
    }
    // The socket still seems open, but died with the old network.
    connection.wake();
    last().drop();
    expect(state().retryAt! - clock.now()).toBe(250);
  });
});

describe("on the open socket", () => {
  test("a drain moves the session within its time, without waiting for the end", async () => {
    const { clock, last, opened, up, state } = setUp();
    await up("c7");
    last().receive({ type: "drain", reconnect_within_ms: 4_000 });
    await clock.advance(1_999);
    expect(state().status).toBe("connected");
    await clock.advance(1);
    expect([opened.length, opened[0]!.closed]).toEqual([2, true]);
    last().open();
    expect(last().last("hello")).toMatchObject({ cursor: "c7" });
  });

  test("an expiring token is replaced", async () => {
    let count = 0;
    const { last, up, opened } = setUp(() => `token ${++count}`);
    await up();
    last().receive({ type: "token_expiring", at: "2026-01-01T00:01:00.000Z" });
    await settle();
    expect(last().last("auth").token).toBe("token 2");
    expect(opened.length).toBe(1);
  });

  test("a token that cannot be had is asked for again", async () => {
    let fails = false;
    const { clock, last, up } = setUp(() => {
      if (fails) throw new Error("the issuer is away");
      return "token";
    });
    await up();
    fails = true;
    last().receive({ type: "token_expiring", at: "2026-01-01T00:01:00.000Z" });
    await clock.advance(1_000);
    fails = false;
    await clock.advance(10_000);
    expect(last().last("auth").token).toBe("token");
  });

  test("pings, and takes silence for the end", async () => {
    const { clock, connection, last, up, state, opened } = setUp();
    await up();
    await clock.advance(25_000);
    expect(last().last("ping")).toBeDefined();
    last().receive({ type: "pong", cursor: "c2" });
    await clock.advance(25_000);
    expect(last().sent.filter((frame) => frame.type === "ping").length).toBe(2);
    await clock.advance(5_000);
    // Another ping does not give the silence more time.
    connection.wake();
    await clock.advance(4_999);
    expect(state().status).toBe("connected");
    await clock.advance(1);
    expect(state()).toMatchObject({ status: "connecting", reason: "no_pong" });
    expect(opened[0]!.closed).toBe(true);
  });

  test("requests have their answers, a retryable error when they are lost, and one in time", async () => {
    const { clock, connection, last, up } = setUp();
    await up();
    const ask = () => connection.ask({ type: "read", thread: "t", number: 1 });
    const [done, refused, late] = [ask(), ask(), ask()];
    const [first, second] = last().sent.filter((frame) => frame.type === "read");
    last().receive({ type: "ok", id: first!.id!, result: { position: "reads:0:1" } });
    const error = { code: "not_a_member", title: "", detail: "no", retryable: false };
    last().receive({ type: "error", id: second!.id!, error });
    await expect(done).resolves.toEqual({ position: "reads:0:1" });
    await expect(refused).rejects.toMatchObject({ code: "not_a_member", retryable: false });
    const expected = expect(late).rejects.toMatchObject({ code: "timeout", retryable: true });
    await clock.advance(10_000);
    await expected;
    const lost = ask();
    last().drop();
    await expect(lost).rejects.toMatchObject({ code: "disconnected", retryable: true });
    await expect(ask()).rejects.toMatchObject({ code: "disconnected", retryable: true });
  });

  test("what an old socket still says is not heard", async () => {
    const { clock, last, opened, up, frames, state } = setUp();
    await up();
    const old = last();
    const { onmessage, onclose } = old;
    old.drop();
    await clock.advance(250);
    onmessage!({ data: JSON.stringify({ type: "presence", users: [{ user: "ben", status: "active" }] }) });
    onclose!({ code: 4500, reason: "" });
    expect([frames, opened.length, state().status]).toEqual([[], 2, "connecting"]);
  });
});
