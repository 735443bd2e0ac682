import { describe, expect, test } from "vitest";
import { Rest } from "../src/net/rest.js";
import { Tokens } from "../src/net/tokens.js";
import { FakeClock } from "./support/clock.js";

type Answer = { status: number; body: unknown } | Error;

function setUp(answers: Answer[]) {
  const clock = new FakeClock();
  const calls: { url: string; init: RequestInit }[] = [];
  let token = 0;
  const fetching = async (url: string | URL | Request, init: RequestInit = {}) => {
    calls.push({ url: String(url), init });
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    return {
      ok: answer.status < 400,
      status: answer.status,
      text: async () => JSON.stringify(answer.body),
    } as Response;
  };
  const tokens = new Tokens(() => `token ${++token}`, clock);
  const rest = new Rest({ url: "http://edge", tokens, fetch: fetching as typeof fetch, clock, random: () => 0.5 });
  return { rest, clock, calls };
}
const problem = (code: string, status: number, retryable: boolean, retry_after_ms?: number): Answer => ({
  status,
  body: { type: "", title: "", status, code, detail: code, retryable, retry_after_ms },
});
const done: Answer = { status: 200, body: { fine: true } };

describe("HTTP", () => {
  test("says who asks, leaves out what is not given, and names what is done once", async () => {
    const { rest, calls } = setUp([done]);
    await rest.call("POST", "threads", { body: { kind: "dm" }, key: "k", query: { a: 1, b: undefined, c: "x y" } });
    expect(calls[0]!.url).toBe("http://edge/api/chat/threads?a=1&c=x+y");
    expect(calls[0]!.init.headers).toEqual({
      Authorization: "Bearer token 1",
      "Content-Type": "application/json",
      "Idempotency-Key": "k",
    });
  });

  test("replaces a token that is refused, once", async () => {
    const refused = problem("unauthenticated", 401, false);
    const { rest, calls } = setUp([refused, done]);
    expect(await rest.call("GET", "threads")).toEqual({ fine: true });
    expect(calls.map(({ init }) => (init.headers as Record<string, string>).Authorization)).toEqual([
      "Bearer token 1",
      "Bearer token 2",
    ]);
    const again = setUp([refused, refused]);
    await expect(again.rest.call("GET", "threads")).rejects.toMatchObject({
      code: "unauthenticated",
      retryable: false,
    });
  });

  test("a read is tried again as long as that makes sense", async () => {
    const { rest, clock, calls } = setUp([new TypeError("no network"), problem("rate_limited", 429, true, 700), done]);
    const read = rest.get("threads");
    await clock.advance(250);
    expect(calls.length).toBe(2);
    await clock.advance(1_199);
    expect(calls.length).toBe(2);
    await clock.advance(1);
    expect(await read).toEqual({ fine: true });
    const refused = setUp([problem("unknown_thread", 404, false)]);
    await expect(refused.rest.get("threads/t")).rejects.toMatchObject({ code: "unknown_thread" });
    const down = setUp(Array.from({ length: 4 }, () => new TypeError("no network")));
    const failed = expect(down.rest.get("threads")).rejects.toMatchObject({ code: "unreachable", retryable: true });
    await down.clock.advance(60_000);
    await failed;
  });

  test.each([
    ["that are not answered", () => new Promise<never>(() => {})],
    ["whose answers do not end", async () => ({ ok: true, status: 200, text: () => new Promise<never>(() => {}) })],
  ])("calls %s are given up after 20 s and make room for others", async (_, answer) => {
    const clock = new FakeClock();
    let stalls = true;
    let calls = 0;
    const fetching = (_: unknown, { signal }: RequestInit) => {
      calls++;
      if (!stalls) return Promise.resolve({ ok: true, status: 200, text: async () => "{}" });
      const aborted = new Promise<never>((_, reject) => {
        signal!.addEventListener("abort", () => reject(new Error("aborted")));
      });
      aborted.catch(() => {});
      const begun = Promise.race([answer(), aborted]);
      return begun.then((response) => ({ ...response, text: () => Promise.race([response.text(), aborted]) }));
    };
    const tokens = new Tokens(() => "t", clock);
    const rest = new Rest({ url: "http://edge", tokens, fetch: fetching as typeof fetch, clock, random: () => 0 });
    const stalled = Promise.allSettled(Array.from({ length: 6 }, () => rest.call("POST", "threads")));
    const waiting = rest.get("threads");
    await clock.advance(19_999);
    expect(calls).toBe(6);
    stalls = false;
    await clock.advance(1);
    expect(await waiting).toEqual({});
    for (const outcome of await stalled) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unreachable", retryable: true } });
    }
  });

  test("six calls are under way at once, the others wait", async () => {
    let under = 0;
    let most = 0;
    const clock = new FakeClock();
    const slow = async () => {
      most = Math.max(most, ++under);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
      under--;
      return { ok: true, status: 200, text: async () => "{}" } as Response;
    };
    const tokens = new Tokens(() => "t", clock);
    const rest = new Rest({ url: "http://edge", tokens, fetch: slow, clock, random: () => 0 });
    const calls = Promise.all(Array.from({ length: 20 }, () => rest.get("threads")));
    await clock.advance(100);
    await calls;
    expect(most).toBe(6);
  });
});
