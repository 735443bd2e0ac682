import { expect, test } from "../support/journey.ts";

test("an id that nobody has signed in with is asked about before a conversation is made", async ({
  person,
  api,
  tag,
  picture,
}) => {
  const ann = await person("Ann");
  const owner = await api("Ann");
  await (await api("Ben")).threads();
  await ann.arrive();
  const { page } = ann;
  ann.expectsToBeTold(/status of 404/);
  const mistyped = `bne-${tag}`;
  await page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New conversation" });
  const field = dialog.getByRole("combobox", { name: "Person" });
  await field.fill(mistyped);
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  await expect(dialog.getByRole("alert")).toContainText(`Nobody has signed in here as “${mistyped}” yet.`);
  await expect(dialog.getByRole("button", { name: "Start anyway" })).toBeEnabled();
  await picture(ann, "unknown-user");
  expect(await owner.threads(), "nothing was begun").toEqual([]);

  await field.fill(`ben-${tag}`);
  await expect(dialog.getByRole("alert")).toBeEmpty();
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  await expect(page.getByRole("heading", { level: 2, name: `Ben ${tag}` }), "Ben has been here").toBeVisible();

  await page.getByRole("button", { name: "New conversation" }).first().click();
  await dialog.getByRole("radio", { name: "Group" }).check();
  const people = dialog.getByRole("combobox", { name: "People" });
  for (const user of [`ben-${tag}`, mistyped]) {
    await people.fill(user);
    await people.press("Enter");
  }
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  await expect(dialog.getByRole("alert")).toContainText(mistyped);
  await expect(dialog.getByRole("alert")).not.toContainText("ben-");
  await dialog.getByRole("button", { name: "Start anyway" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "3 members" })).toBeVisible();
});

test("whoever is added has not seen what was written before, also while they never signed in", async ({
  person,
  api,
  tag,
  picture,
}) => {
  const ann = await person("Ann");
  const [owner, ben] = [await api("Ann"), await api("Ben")];
  await ben.threads();
  const thread = await owner.create({ kind: "group", participants: [ben.user], title: "Night train" });
  await ann.arrive(thread);
  ann.expectsToBeTold(/status of 404/);
  const { page } = ann;
  await ann.say("one");
  await ann.say("two");
  await expect(ann.message("two").getByRole("img", { name: "Sent" })).toBeVisible();
  await ben.read(thread, 2);
  await expect(ann.log.getByRole("img", { name: `Seen by Ben ${tag}` })).toBeVisible();
  await expect(ann.message("two").getByRole("img", { name: "Read" })).toBeVisible();

  await page.getByRole("button", { name: "Conversation menu" }).click();
  await page.getByRole("menuitem", { name: "Add people" }).click();
  const dialog = page.getByRole("dialog", { name: "Add people" });
  await dialog.getByRole("combobox", { name: "People" }).fill(`fay-${tag}`);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText(`“fay-${tag}”`);
  await picture(ann, "add-unknown-user");
  await dialog.getByRole("button", { name: "Add anyway" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(/^3 members/)).toBeVisible();
  for (const when of ["at once", "after a reload"]) {
    await expect(ann.log.getByRole("img", { name: /^Seen by/ }), when).toHaveAccessibleName(`Seen by Ben ${tag}`);
    await expect(ann.message("two").getByRole("img", { name: "Read" }), `${when}: all who were there`).toBeVisible();
    await page.reload();
    await expect(ann.message("two")).toBeVisible();
  }
  await ann.say("three");
  await expect(ann.message("three").getByRole("img", { name: "Sent" })).toBeVisible();
  await ben.read(thread, 3);
  await expect(ann.log.getByRole("img", { name: /^Seen by/ })).toHaveCount(1);
  await expect(ann.message("three").getByRole("img", { name: "Sent" }), "Fay is there now").toBeVisible();
  const fay = await api("Fay");
  await fay.read(thread, 3);
  await expect(ann.message("three").getByRole("img", { name: "Read" })).toBeVisible();
});
