import { expect, test } from "../support/journey.ts";

test("three people in a group: creation, presence, receipts, somebody is removed", async ({ person, api, picture }) => {
  const people = [await person("Ann"), await person("Ben", { edge: 1 }), await person("Cleo")] as const;
  const [ann, ben, cleo] = people;
  for (const each of people) await each.arrive();

  await ann.page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = ann.page.getByRole("dialog", { name: "New conversation" });
  await dialog.getByRole("radio", { name: "Group" }).check();
  const field = dialog.getByRole("combobox", { name: "People" });
  for (const each of [ben, cleo]) {
    await field.fill(each.user);
    await field.press("Enter");
  }
  await dialog.getByRole("textbox", { name: "Title" }).fill("Night train");
  await picture(ann, "new-group");
  await dialog.getByRole("button", { name: "Start conversation" }).click();

  await expect(ann.page.getByRole("heading", { level: 2, name: "Night train" })).toBeVisible();
  for (const each of [ben, cleo]) await each.conversation("Night train").click();
  for (const each of people) await expect(each.page.getByText("3 members, 3 online")).toBeVisible();

  await ann.say("Who brings the tickets?");
  await ben.say("I do.");
  for (const each of people) await expect(each.message("I do.")).toBeVisible();
  // While only one of them has read it there are two such marks, and who is named first is whoever read first.
  const both = new RegExp(`^Seen by (${ann.name}, ${cleo.name}|${cleo.name}, ${ann.name})$`);
  await expect(ben.log.getByRole("img", { name: both })).toBeVisible();

  await cleo.page.close();
  await expect(ann.page.getByText("3 members, 2 online")).toBeVisible();
  await cleo.arrive();
  await expect(ann.page.getByText("3 members, 3 online")).toBeVisible();
  await cleo.conversation("Night train").click();

  await ann.page.getByRole("button", { name: "Conversation menu" }).click();
  await ann.page.getByRole("menuitem", { name: "Members" }).click();
  const members = ann.page.getByRole("dialog", { name: "Members" });
  await expect(members.getByRole("listitem")).toHaveCount(3);
  await picture(ann, "members");
  await members.getByRole("button", { name: `Make ${ben.name} admin` }).click();
  await members.getByRole("button", { name: `Make ${ben.name} member` }).click();
  await expect(members.getByRole("button", { name: `Make ${ben.name} admin` })).toBeVisible();
  await members.getByRole("button", { name: `Remove ${cleo.name}` }).click();
  const question = ann.page.getByRole("dialog", { name: `Remove ${cleo.name}?` });
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toBeHidden();
  await expect(members.getByRole("listitem")).toHaveCount(3);
  await members.getByRole("button", { name: `Remove ${cleo.name}` }).click();
  await picture(ann, "remove-member");
  await question.getByRole("button", { name: "Remove" }).click();
  await expect(members.getByRole("listitem")).toHaveCount(2);
  await members.getByRole("button", { name: "Close" }).click();
  await ann.act("I do.", "Delete message");
  await ann.page.getByRole("dialog", { name: "Delete this message?" }).getByRole("button", { name: "Delete" }).click();
  for (const each of [ann, ben]) {
    await expect(each.log.getByText(`Message deleted by ${ann.name}`), "it is not Ben who deleted it").toBeVisible();
  }
  await ben.page.reload();
  await expect(ben.log.getByText(`Message deleted by ${ann.name}`)).toBeVisible();
  await ann.say("Only the two of us.");
  await expect(ben.message("Only the two of us.")).toBeVisible();
  await expect(cleo.conversation("Night train")).toBeHidden();
  await expect(cleo.message("Only the two of us.")).toBeHidden();
  expect(await (await api("Cleo")).threads()).toEqual([]);
});

test("the dot of somebody in the list follows the person", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  await expect(ann.conversation(ben.name).getByRole("img", { name: "Online" })).toBeVisible();
  await ben.page.close();
  await expect(ann.conversation(ben.name).getByRole("img", { name: "Online" })).toBeHidden();
  await ben.arrive();
  await expect(ann.conversation(ben.name).getByRole("img", { name: "Online" })).toBeVisible();
});

test("whoever opens the page in a tab behind another one is away", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  await ben.page.close();
  await expect(ann.page.getByText("Offline", { exact: true })).toBeVisible();
  await ben.context.addInitScript(() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  });
  await ben.arrive();
  await expect(ann.page.getByText("Away", { exact: true })).toBeVisible();
});

test("while one is not connected, nobody is called present or absent", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben", { cable: true });
  const [ann, ben] = people;
  await expect(ann.page.getByText("Online", { exact: true })).toBeVisible();
  await ann.goOffline();
  await expect(ann.banner).toContainText("You are offline.");
  await expect(ann.page.getByText(/^(Online|Offline|Away)$/)).toHaveCount(0);
  await expect(ann.conversation(ben.name).getByRole("img")).toHaveCount(0);
  await ann.comeBack();
  await expect(ann.page.getByText("Online", { exact: true })).toBeVisible();
});
