import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { descriptions, types, typesOf } from "../scripts/generate.mjs";
import { bounds, sizeOf } from "../scripts/size.mjs";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

describe("the package", () => {
  test.each(Object.entries(bounds))("%s is small", async (entry, bound) => {
    expect(await sizeOf(entry)).toBeLessThanOrEqual(bound);
  });

  test("brings nothing along", () => {
    const { dependencies, peerDependencies } = JSON.parse(read("package.json"));
    expect([dependencies, peerDependencies]).toEqual([undefined, { react: ">=18" }]);
  });

  test("has the types of the descriptions that are kept here", async () => {
    expect(await typesOf(descriptions.map((name) => JSON.parse(read(name))))).toBe(read(types));
  });

  test("its lock file names no host to fetch from", () => {
    expect(read("package-lock.json")).not.toContain('"resolved"');
  });
});
