import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type BrowserContextOptions, test as base, expect } from "@playwright/test";
import { binary, Threadline } from "../../../typescript/test/support/threadline.ts";
import { Api } from "./api.ts";
import { ARTIFACTS } from "./browser.ts";
import { Cable } from "./cable.ts";
import { Person } from "./person.ts";

export { expect };

/** Where the built page is. */
const PAGE = process.env.THREADLINE_EDGE_WEB_DIR ?? fileURLToPath(new URL("../../dist", import.meta.url));

export interface PersonOptions extends BrowserContextOptions {
  /** 0 or 1. */
  edge?: number;
  /** Whether the network can be taken away. */
  cable?: boolean;
}

interface Fixtures {
  /** Different in every test, so that tests share a server and do not meet. */
  tag: string;
  /** Somebody with a browser, who has not opened the page yet. */
  person(name: string, options?: PersonOptions): Promise<Person>;
  /** The server's HTTP interface, as this person. */
  api(name: string): Promise<Api>;
  /** A dm of two people who have both arrived in it, on different edges. */
  dm(one: string, other: string, options?: PersonOptions): Promise<{ people: [Person, Person]; thread: string }>;
  /** Keeps a picture of the page. */
  picture(person: Person, name: string): Promise<void>;
}

interface WorkerFixtures {
  /** A real server with two edges and its own data, for the tests of one worker. */
  server: Threadline;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  server: [
    async ({}, use) => {
      const path = binary();
      if (!path) throw new Error("no server binary: cargo build makes it");
      const server = new Threadline(path, {
        THREADLINE_EDGE_WEB_DIR: PAGE,
        // The people of a test are faster than people.
        THREADLINE_EDGE_RATE_PER_SECOND: "1000",
        THREADLINE_EDGE_RATE_BURST: "5000",
      });
      await server.start();
      await use(server);
      await server.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  tag: async ({}, use) => {
    await use(randomBytes(3).toString("hex"));
  },

  person: async ({ browser, server, tag }, use, info) => {
    const people: Person[] = [];
    await use(async (name, { edge = 0, cable = false, ...options } = {}) => {
      const line = cable ? await Cable.to(server.edge(edge)) : undefined;
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const url = line?.url ?? server.edge(edge);
      const person = new Person(`${name} ${tag}`, `${name.toLowerCase()}-${tag}`, url, context, line);
      people.push(person);
      return person;
    });
    const problems = people.flatMap((person) => person.problems);
    for (const person of people) await person.close();
    if (info.status !== info.expectedStatus) console.log(`the server said: ${server.output}`);
    expect(problems, "what happened in the pages and must not").toEqual([]);
  },

  api: async ({ server, tag }, use) => {
    await use((name) => Api.of(server.edge(), `${name.toLowerCase()}-${tag}`, `${name} ${tag}`));
  },

  dm: async ({ person, api }, use) => {
    await use(async (one, other, options = {}) => {
      const people = [await person(one, { edge: 0, ...options }), await person(other, { edge: 1 })] as [Person, Person];
      // Names are known to the others once one has been there.
      await (await api(other)).threads();
      const thread = await (await api(one)).create({ kind: "dm", participants: [people[1].user] });
      for (const each of people) await each.arrive(thread);
      return { people, thread };
    });
  },

  picture: async ({}, use) => {
    await use(async (person, name) => {
      await person.page.screenshot({ path: `${ARTIFACTS}/${name}.png`, animations: "disabled" });
    });
  },
});
