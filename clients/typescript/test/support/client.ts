import { afterEach } from "vitest";
import { type Client, type ClientOptions, createClient } from "../../src/client.js";
import { memoryStorage } from "../../src/outbox/storage.js";
import { FakeClock } from "./clock.js";
import { FakeEdge } from "./edge.js";

const open: Client[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** A client of this edge, closed after the test. */
export function clientOf(edge: FakeEdge, clock: FakeClock, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    url: "http://edge",
    getToken: () => "token",
    storage: memoryStorage(),
    webSocket: edge.webSocket,
    fetch: edge.fetch as typeof fetch,
    clock,
    random: () => 0.5,
    ...options,
  });
  open.push(client);
  return client;
}

/** An edge with the thread `t` of ann and ben, and ann's client. */
export async function setUp(options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock();
  const edge = new FakeEdge(clock);
  edge.create("t", ["ann", "ben"]);
  const client = clientOf(edge, clock, options);
  const connect = async () => {
    client.connect();
    await clock.advance(100);
  };
  const texts = () =>
    client
      .thread("t")
      .messages.get()
      .messages.map((message) => message.content);
  return { clock, edge, client, connect, texts };
}
