import { expect, test } from "../support/journey.ts";

test("the server is killed and comes back under open pages: what was written meanwhile is sent", async ({
  dm,
  server,
  picture,
}) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  for (const text of ["one", "two"]) await ann.say(text);
  await ben.say("three");
  await ann.sees(["one", "two", "three"]);
  await ben.sees(["one", "two", "three"]);

  for (const each of people) each.networkFails(true);
  await server.stop("SIGKILL");
  for (const each of people) await expect(each.banner).toContainText("Reconnecting…");
  await ann.say("four, to nobody");
  await ann.say("five");
  await picture(ann, "reconnecting");
  await server.start();
  for (const each of people) await expect(each.banner).toBeHidden({ timeout: 45_000 });

  const all = ["one", "two", "three", "four, to nobody", "five"];
  for (const each of people) await each.sees(all);
  await ben.say("six");
  for (const each of people) await each.sees([...all, "six"]);
  for (const each of people) {
    each.networkFails(false);
    await each.page.reload();
    await each.sees([...all, "six"]);
  }
});

test("the server stops in good order and starts again: nobody notices much", async ({ dm, server }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  await ann.say("one");
  await ben.sees(["one"]);
  for (const each of people) each.networkFails(true);
  await server.stop("SIGTERM");
  await ann.say("two");
  await server.start();
  await ben.sees(["one", "two"]);
  await ann.sees(["one", "two"]);
});
