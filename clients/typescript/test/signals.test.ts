import { describe, expect, test } from "vitest";
import { setUp } from "./support/client.js";

describe("signals", () => {
  test("typing ends when told, by itself, with the message, and with the connection", async () => {
    const { clock, edge, client, connect } = await setUp();
    const { typists } = client.thread("t");
    await connect();
    const types = (status: "start" | "stop", user = "ben") =>
      edge.tell([{ type: "typing", thread: "t", user, status }]);
    types("start");
    types("start", "ann");
    expect(typists.get()).toEqual(["ben"]);
    types("stop");
    expect(typists.get()).toEqual([]);
    types("start");
    await clock.advance(8_000);
    expect(typists.get()).toEqual([]);
    client.threads.subscribe(() => {});
    await clock.advance(100);
    types("start");
    edge.post("t", "ben", "there");
    expect(typists.get()).toEqual([]);
    types("start");
    edge.drop();
    expect(typists.get()).toEqual([]);
  });

  test("one's own typing is told at most every three seconds, and ends with the message", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    const told = () =>
      edge.socket!.sent.filter((frame) => frame.type === "typing").map((frame) => "status" in frame && frame.status);
    for (let key = 0; key < 40; key++) {
      client.thread("t").typing();
      await clock.advance(100);
    }
    expect(told()).toEqual(["start", "start"]);
    client.thread("t").send("done");
    expect(told()).toEqual(["start", "start", "stop"]);
  });

  test("presence stays as it was known until the next session has told", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    const is = (user: string, status: "active" | "away" | "offline") =>
      edge.tell([{ type: "presence", users: [{ user, status }] }]);
    const known = () => ["ben", "cleo", "dora"].map((user) => client.presence(user).get());
    for (const user of ["ben", "cleo", "dora"]) is(user, "active");
    edge.drop();
    expect(known()).toEqual(["active", "active", "active"]);
    await clock.advance(300);
    expect(client.connection.get().status).toBe("connected");
    is("ben", "active");
    is("dora", "away");
    expect(known()).toEqual(["active", "active", "away"]);
    await clock.advance(2_000);
    expect(known()).toEqual(["active", "offline", "away"]);
  });

  test("a session that ends before it has told changes nobody's presence", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    edge.tell([{ type: "presence", users: [{ user: "ben", status: "active" }] }]);
    edge.drop();
    await clock.advance(300);
    edge.drop();
    client.disconnect();
    await clock.advance(60_000);
    expect(client.presence("ben").get()).toBe("active");
  });

  test("one's own presence is told again to the next session", async () => {
    const { clock, edge, client, connect } = await setUp();
    await connect();
    client.setPresence("away");
    edge.drop();
    await clock.advance(2_000);
    expect(edge.socket!.last("presence").status).toBe("away");
  });
});
