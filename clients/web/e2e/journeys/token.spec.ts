import { expect, test } from "../support/journey.ts";

const TTL_S = 6;
const RENEWALS = 3;

test("a token runs out again and again: the session goes on by itself and loses nothing", async ({ person, api }) => {
  const [ann, ben] = [await person("Ann"), await person("Ben", { edge: 1 })];
  let tokens = 0;
  await ann.context.route("**/api/dev/token", async (route) => {
    tokens++;
    await route.continue({ postData: { ...route.request().postDataJSON(), ttl_s: TTL_S } });
  });
  const thread = await (await api("Ann")).create({ kind: "dm", participants: [ben.user] });
  await ann.arrive(thread);
  await ben.arrive(thread);
  await ann.page.evaluate(() => Object.assign(window, { sameLife: true }));

  const said: string[] = [];
  for (let renewal = 0; renewal < RENEWALS; renewal++) {
    const had = tokens;
    for (const [each, text] of [
      [ben, `ben ${renewal}`],
      [ann, `ann ${renewal}`],
    ] as const) {
      await each.say(text);
      said.push(text);
      await ann.sees(said);
      await ben.sees(said);
    }
    await expect.poll(() => tokens, { message: "a new token is fetched" }).toBeGreaterThan(had);
  }
  await expect(ann.banner).toBeHidden();
  expect(await ann.page.evaluate(() => "sameLife" in window), "the page was not loaded again").toBe(true);
});

test("a token that cannot be renewed leads to the sign-in", async ({ person, api, picture }) => {
  const ann = await person("Ann");
  const thread = await (await api("Ann")).create({ kind: "group", participants: [], title: "Alone" });
  let ended = false;
  await ann.context.route("**/api/dev/token", async (route) => {
    if (ended) return route.fulfill({ status: 404, contentType: "application/problem+json", body: "{}" });
    await route.continue({ postData: { ...route.request().postDataJSON(), ttl_s: TTL_S } });
  });
  await ann.arrive(thread);
  ended = true;
  ann.expectsToBeTold(/the server responded with a status of 404/);
  await expect(ann.banner).toContainText("Your sign-in has ended.");
  await picture(ann, "sign-in-ended");
  await ann.banner.getByRole("button", { name: "Sign in again" }).click();
  await expect(ann.page.getByRole("heading", { name: "Sign in to Threadline" })).toBeVisible();
  expect(new URL(ann.page.url()).hash, "whoever signs in again is where the sign-in ended").toBe(`#/t/${thread}`);
});
