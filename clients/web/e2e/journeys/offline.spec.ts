import { expect, test } from "../support/journey.ts";

test("one goes offline, both write, it returns: the same order on both, nothing twice", async ({ dm, picture }) => {
  const { people } = await dm("Ann", "Ben", { cable: true });
  const [ann, ben] = people;
  await ann.say("I am in the train.");
  await ben.sees(["I am in the train."]);

  await ann.goOffline();
  await expect(ann.banner).toContainText("You are offline.");
  await ann.say("tunnel one");
  await ben.say("Where are you?");
  await ann.say("tunnel two");
  await ben.say("Hello?");
  await ann.say("tunnel three");
  await expect(ann.banner).toContainText("3 messages wait");
  expect((await ann.shown()).slice(1).map((message) => message.state)).toEqual(["pending", "pending", "pending"]);
  const link = ann.conversation(ben.name);
  await expect(link, "the list shows what was said last").toContainText("You: tunnel three");
  await expect(link.getByRole("img", { name: "Waiting to be sent" })).toBeVisible();
  await expect(ann.page.getByText("messages wait"), "it is said once").toHaveCount(1);
  await picture(ann, "offline");

  await ann.comeBack();
  const all = ["I am in the train.", "Where are you?", "Hello?", "tunnel one", "tunnel two", "tunnel three"];
  await ann.sees(all);
  await ben.sees(all);
  const [here, there] = [await ann.shown(), await ben.shown()];
  expect(here.map(({ id, number }) => [number, id])).toEqual(there.map(({ id, number }) => [number, id]));
  expect(here.map((message) => message.number)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("the connection breaks again and again while both write: the same on both in the end", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben", { cable: true });
  const [ann, ben] = people;
  const said: string[] = [];
  for (let round = 1; round <= 4; round++) {
    await ann.goOffline();
    for (const [each, text] of [
      [ann, `ann ${round}`],
      [ben, `ben ${round}`],
    ] as const) {
      await each.say(text);
      said.push(text);
    }
    await ann.comeBack();
  }
  await expect.poll(async () => (await ann.texts()).toSorted()).toEqual(said.toSorted());
  await ben.sees(await ann.texts());
  for (const name of ["ann", "ben"]) {
    const own = (await ben.texts()).filter((text) => text.startsWith(name));
    expect(own).toEqual([1, 2, 3, 4].map((round) => `${name} ${round}`));
  }
});

test("what was written offline survives the closed tab and is sent from the next one", async ({ dm }) => {
  const { people, thread } = await dm("Ann", "Ben", { cable: true });
  const [ann, ben] = people;
  await ann.say("before");
  await ben.sees(["before"]);
  await ann.goOffline();
  for (const text of ["offline one", "offline two", "offline three"]) await ann.say(text);
  await expect(ann.banner).toContainText("3 messages wait and will be sent when you are back.");
  await ann.page.close();
  await ben.say("after");

  await ann.plug();
  await ann.arrive(thread);
  const all = ["before", "after", "offline one", "offline two", "offline three"];
  await ann.sees(all);
  await ben.sees(all);
});

test("a conversation opened without a network is said not to be loaded, and comes when the network does", async ({
  person,
  api,
  picture,
}) => {
  const ann = await person("Ann", { cable: true });
  const ben = await api("Ben");
  const thread = await ben.create({ kind: "group", participants: [ann.user], title: "Night train" });
  for (const text of ["one", "two"]) await ben.send(thread, text);
  await ann.arrive();
  await expect(ann.conversation("Night train")).toContainText("two");
  await ann.goOffline();
  await ann.conversation("Night train").click();
  await expect(ann.log.getByRole("button", { name: "Try again" })).toBeVisible();
  await expect(ann.page.getByText("This is the beginning of the conversation")).toBeHidden();
  await ann.say("three");
  await picture(ann, "not-loaded");
  await ann.comeBack();
  await ann.sees(["one", "two", "three"]);
  await expect(ann.page.getByText("This is the beginning of the conversation")).toBeVisible();
});
