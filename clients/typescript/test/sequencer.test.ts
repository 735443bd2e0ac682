import fc from "fast-check";
import { expect, test } from "vitest";
import { Sequencer } from "../src/thread/sequencer.js";

/** What a network does to events 1…n: some are lost, some come again, the order is any. */
const delivery = fc.integer({ min: 1, max: 60 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    arrivals: fc.array(fc.integer({ min: 1, max: count }), { maxLength: 150 }),
    known: fc.integer({ min: 0, max: count }),
  }),
);

test("each event is handed out once and in order, whatever is lost, doubled or reordered, and gaps are known", () => {
  fc.assert(
    fc.property(delivery, ({ count, arrivals, known }) => {
      const sequencer = new Sequencer<{ seq: number }>(known);
      const out: number[] = [];
      const take = (seq: number) => out.push(...sequencer.accept({ seq }).map((event) => event.seq));
      for (const seq of arrivals) take(seq);
      const highest = Math.max(known, ...arrivals);
      expect(sequencer.gap).toBe(highest - sequencer.last);
      // The missing ones are fetched, a page at a time, again with some that are there.
      sequencer.heardOf(count);
      while (sequencer.gap) {
        const from = sequencer.last + 1;
        for (let seq = from; seq <= Math.min(from + 6, count); seq++) take(seq);
      }
      expect(out).toEqual(Array.from({ length: count - known }, (_, at) => known + 1 + at));
    }),
    { numRuns: 1_000 },
  );
});

test("a place known from elsewhere hands out what continues it", () => {
  const sequencer = new Sequencer<{ seq: number }>(1);
  for (const seq of [3, 5, 6, 9]) expect(sequencer.accept({ seq })).toEqual([]);
  expect(sequencer.skipTo(4)).toEqual([{ seq: 5 }, { seq: 6 }]);
  expect(sequencer.skipTo(2)).toEqual([]);
  expect([sequencer.last, sequencer.gap]).toEqual([6, 3]);
});

test("what does not fit into the buffer is known to be missing", () => {
  const sequencer = new Sequencer<{ seq: number }>(0);
  for (let seq = 2; seq <= 2_000; seq++) sequencer.accept({ seq });
  const first = sequencer.accept({ seq: 1 });
  expect(first.length).toBe(sequencer.last);
  expect(sequencer.gap).toBe(2_000 - sequencer.last);
  expect(sequencer.gap).toBeGreaterThan(0);
});
