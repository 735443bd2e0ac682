import { expect, test } from "../support/journey.ts";

test("a few letters choose somebody who is known; an id is taken as it is only when one says so", async ({
  person,
  api,
  picture,
}) => {
  const ann = await person("Ann");
  await ann.arrive();
  const { page } = ann;
  await page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New conversation" });
  const field = dialog.getByRole("combobox", { name: "Person" });
  const start = dialog.getByRole("button", { name: "Start conversation" });

  await field.fill("cle");
  await expect(dialog.getByRole("option")).toHaveText([/Cleo Martin/, "CUse id “cle”"]);
  await expect(start, "it is not clear who is meant").toBeDisabled();
  await picture(ann, "new-conversation-person");
  await field.press("Enter");
  await expect(dialog.getByRole("button", { name: "Remove Cleo Martin" })).toBeVisible();
  await expect(dialog).toBeVisible();
  expect(await (await api("Ann")).threads(), "nothing was begun").toEqual([]);

  await field.press("Backspace");
  await field.fill("cle");
  await field.press("ArrowDown");
  await field.press("Enter");
  await expect(dialog.getByRole("button", { name: "Remove cle", exact: true })).toBeVisible();
  await field.press("Backspace");

  await field.fill("cleo martin");
  await expect(start, "a whole name is clear").toBeEnabled();
  await field.press("Enter");
  await expect(dialog).toBeVisible();
  await field.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("heading", { level: 2, name: /^cleo/i })).toBeVisible();
  expect(await (await api("Ann")).threads()).toHaveLength(1);
});
