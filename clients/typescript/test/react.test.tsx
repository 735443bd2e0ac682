// @vitest-environment jsdom
import { act, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../src/client.js";
import {
  ThreadlineProvider,
  useClient,
  useConnection,
  useLimits,
  useMessages,
  useOutbox,
  usePresence,
  useThread,
  useThreads,
  useTyping,
  useUnread,
  useUser,
} from "../src/react/index.js";
import { clientOf } from "./support/client.js";
import { FakeClock } from "./support/clock.js";
import { FakeEdge } from "./support/edge.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let clock: FakeClock;
let edge: FakeEdge;
let client: Client;
let root: Root;
let page: HTMLElement;
const advance = (ms: number) => act(() => clock.advance(ms));
const text = (id: string) => page.querySelector(`#${id}`)?.textContent;

beforeEach(() => {
  functions.clear();
  clock = new FakeClock();
  edge = new FakeEdge(clock);
  edge.create("t", ["ann", "ben"]);
  edge.post("t", "ben", "hello");
  client = clientOf(edge, clock);
  page = document.createElement("div");
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
});

let renders = 0;
const functions = new Set<unknown>();

function Page() {
  renders++;
  const connection = useConnection();
  const { threads, loadMore } = useThreads();
  const { thread, handle } = useThread("t");
  const { messages, hasOlder, loadOlder } = useMessages("t");
  const own = useClient();
  functions.add(loadMore).add(loadOlder);
  return (
    <>
      <p id="status">{connection.status}</p>
      <p id="user">{useUser()}</p>
      <p id="list">{threads.map((each) => `${each.id}:${each.unread}`).join()}</p>
      <p id="members">{thread?.members.map((member) => member.user).join()}</p>
      <p id="messages">{messages.map((message) => `${message.content}:${message.state}`).join()}</p>
      <p id="unread">{useUnread().total}</p>
      <p id="typing">{useTyping("t").join()}</p>
      <p id="chars">{useLimits()?.content_chars_max}</p>
      <p id="ben">{usePresence("ben")}</p>
      <p id="waiting">{useOutbox().pending}</p>
      {hasOlder && <button id="older" type="button" onClick={() => void loadOlder()} />}
      <button id="send" type="button" onClick={() => handle.send("hi")} />
      <button id="read" type="button" onClick={() => own.thread("t").markRead()} />
    </>
  );
}

const show = () =>
  act(async () => {
    root.render(
      <StrictMode>
        <ThreadlineProvider client={client}>
          <Page />
        </ThreadlineProvider>
      </StrictMode>,
    );
  });
const click = (id: string) => act(async () => page.querySelector<HTMLButtonElement>(`#${id}`)!.click());

test("every hook shows what is there and what changes, in StrictMode, over one socket", async () => {
  await show();
  expect([text("status"), text("chars")]).toEqual(["connecting", ""]);
  await advance(100);
  const shown = () => ["status", "user", "list", "members", "messages", "unread", "typing", "ben"].map(text);
  expect(shown()).toEqual(["connected", "ann", "t:1", "ann,ben", "hello:sent", "1", "", "offline"]);
  await act(async () => {
    edge.tell([{ type: "typing", thread: "t", user: "ben", status: "start" }]);
    edge.tell([{ type: "presence", users: [{ user: "ben", status: "active" }] }]);
  });
  await advance(20);
  expect([text("typing"), text("ben"), text("chars")]).toEqual(["ben", "active", "10000"]);
  await click("read");
  await advance(20);
  expect([text("unread"), text("list")]).toEqual(["0", "t:0"]);
  await act(async () => edge.drop());
  await click("send");
  await advance(20);
  expect([text("status"), text("messages"), text("waiting")]).toEqual(["connecting", "hello:sent,hi:pending", "1"]);
  await advance(2_000);
  expect([text("status"), text("messages"), text("waiting")]).toEqual(["connected", "hello:sent,hi:sent", "0"]);
});

test("a button loads what is older", async () => {
  for (let at = 0; at < 60; at++) edge.post("t", "ben", String(at));
  await show();
  await advance(100);
  expect(text("messages")!.startsWith("10:sent")).toBe(true);
  await click("older");
  await advance(20);
  expect(text("messages")!.startsWith("hello:sent")).toBe(true);
  expect(page.querySelector("#older")).toBeNull();
});

test("the functions of the hooks stay the same whatever is rendered", async () => {
  await show();
  await advance(100);
  const before = functions.size;
  await act(async () => void edge.post("t", "ben", "new"));
  await advance(100);
  expect(text("messages")).toContain("new");
  expect(functions.size).toBe(before);
});

test("nothing renders when nothing has changed, and a storm once a frame", async () => {
  await show();
  await advance(5_000);
  renders = 0;
  await advance(5_000);
  expect(renders).toBe(0);
  for (let at = 0; at < 50; at++) {
    await act(async () => void edge.post("t", "ben", String(at)));
    await advance(1);
  }
  // StrictMode renders twice.
  expect(renders).toBeLessThanOrEqual(2 * 6);
});

test("a page that goes disconnects, and one without a provider says so", async () => {
  await show();
  await advance(100);
  await act(async () => root.unmount());
  expect(client.connection.get().status).toBe("disconnected");
  root = createRoot(document.createElement("div"));
  await expect(act(async () => root.render(<Page />))).rejects.toThrow("ThreadlineProvider");
});
