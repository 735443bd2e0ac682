import fc from "fast-check";
import { expect, test } from "vitest";
import { backoff } from "../src/backoff.js";
import { systemClock } from "../src/clock.js";
import { Ids } from "../src/ids.js";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids are UUIDv7s that rise whatever the clock does within hours", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 12 * 3_600_000 }), { minLength: 1, maxLength: 50 }), (times) => {
      let at = 0;
      const ids = new Ids({ ...systemClock, now: () => times[at++ % times.length]! });
      const minted = times.map(() => ids.mint());
      expect([...minted].sort()).toEqual(minted);
      expect(new Set(minted).size).toBe(minted.length);
      for (const id of minted) expect(id).toMatch(UUID_V7);
    }),
  );
});

test("ids minted within a millisecond rise beyond the counter's range", () => {
  const ids = new Ids({ ...systemClock, now: () => 5 });
  const minted = Array.from({ length: 10_000 }, () => ids.mint());
  expect([...minted].sort()).toEqual(minted);
});

test("ids rise above one of an earlier time", () => {
  const ids = new Ids({ ...systemClock, now: () => 1_000 });
  const earlier = new Ids({ ...systemClock, now: () => 3_600_000 }).mint();
  ids.above(earlier);
  expect(ids.mint() > earlier).toBe(true);
});

test("an id from when the clock was far ahead does not bind those that follow", () => {
  const [now, wrong] = [2 ** 40, 2 ** 41];
  const time = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  let clock = wrong;
  const ids = new Ids({ ...systemClock, now: () => clock });
  const adopted = ids.mint();
  clock = now;
  expect(time(ids.mint())).toBe(now);
  ids.above(adopted);
  const minted = [ids.mint(), ids.mint()];
  expect(minted.map(time)).toEqual([now, now]);
  expect(minted[1]! > minted[0]!).toBe(true);
});

test("waits are spread from nothing to a bound that doubles up to 30 s", () => {
  expect([0, 1, 2, 10, 1_000].map((attempt) => backoff(attempt, () => 1))).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
  expect(backoff(5, () => 0)).toBe(0);
});
