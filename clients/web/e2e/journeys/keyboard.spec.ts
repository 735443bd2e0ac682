import { expect, test } from "../support/journey.ts";
import { startingWith } from "../support/person.ts";

test("everything by keyboard alone: sign in, open, write, edit, delete, go back", async ({ person, api }) => {
  const ann = await person("Ann");
  const ben = await api("Ben");
  await ben.threads();
  const thread = await ben.create({ kind: "dm", participants: [ann.user] });
  await ben.send(thread, "Can you do this without a mouse?");
  const page = await ann.tab();
  const { keyboard } = page;
  const focused = page.locator(":focus");
  /** Tab until the focus is where it should be. */
  const tabTo = async (role: "link" | "button" | "textbox" | "toolbar", name: string | RegExp, key = "Tab") => {
    const target = page.getByRole(role, { name }).first();
    await expect(target).toBeVisible();
    for (let presses = 0; presses < 40; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await keyboard.press(key);
    }
    throw new Error(
      `Tab does not lead to ${role} ${name}; the focus is at ${await focused.evaluate((e) => e.outerHTML.slice(0, 200))}`,
    );
  };

  await page.goto(ann.url);
  await tabTo("textbox", "Your name");
  await keyboard.type(ann.name);
  await keyboard.press("Enter");

  await tabTo("link", startingWith(`Ben ${ben.user.slice(4)}`));
  await keyboard.press("Enter");
  await expect(ann.message("Can you do this without a mouse?")).toBeVisible();
  await tabTo("textbox", /^Message$/);
  await keyboard.type("Yes, I can.");
  await keyboard.press("Enter");
  await ann.sees(["Can you do this without a mouse?", "Yes, I can."]);

  await keyboard.press("ArrowUp");
  await expect(page.getByText("Editing message")).toBeVisible();
  await keyboard.press("Escape");
  await expect(page.getByText("Editing message")).toBeHidden();
  await keyboard.press("ArrowUp");
  await keyboard.type(" Nearly.");
  await keyboard.press("Enter");
  await ann.sees(["Can you do this without a mouse?", "Yes, I can. Nearly."]);

  // Shift+Tab goes from the field to the messages, arrows go along them, Tab goes into the one's toolbar.
  const own = ann.message("Yes, I can. Nearly.");
  for (let presses = 0; presses < 12; presses++) {
    if (await ann.log.evaluate((log) => log.contains(document.activeElement))) break;
    await keyboard.press("Shift+Tab");
  }
  await keyboard.press("End");
  await keyboard.press("ArrowUp");
  await expect(ann.message("Can you do this without a mouse?")).toBeFocused();
  await keyboard.press("ArrowDown");
  await expect(own).toBeFocused();
  await tabTo("button", "Delete message");
  await keyboard.press("Enter");
  const question = page.getByRole("dialog", { name: "Delete this message?" });
  await expect(question).toBeVisible();
  await keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(own).toBeVisible();
  await own.focus();
  await keyboard.press("ContextMenu");
  const menu = page.getByRole("menu", { name: "Message actions" });
  await expect(menu).toBeVisible();
  await keyboard.press("ArrowDown");
  await menu.getByRole("menuitem", { name: "Delete message" }).focus();
  await keyboard.press("Enter");
  await expect(question).toBeVisible();
  for (let presses = 0; presses < 5; presses++) {
    const button = question.getByRole("button", { name: "Delete" });
    if (await button.evaluate((element) => element === document.activeElement)) break;
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await expect(ann.log.getByText("Message deleted")).toBeVisible();

  await tabTo("button", "New conversation", "Shift+Tab");
  await keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "New conversation" });
  await expect(dialog).toBeVisible();
  for (let presses = 0; presses < 15; presses++) {
    await keyboard.press("Tab");
    const inside = await page.evaluate(
      () => document.activeElement === document.body || Boolean(document.activeElement?.closest("dialog")),
    );
    expect(inside, "the focus stays in the dialog").toBe(true);
  }
  await keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "New conversation" }).first(), "the focus is back").toBeFocused();
});

test("arrow keys move between conversations", async ({ person, api }) => {
  const ann = await person("Ann");
  const owner = await api("Ann");
  for (const title of ["first", "second", "third"]) await owner.create({ kind: "group", participants: [], title });
  await ann.arrive();
  await ann.conversation("third").focus();
  await ann.page.keyboard.press("ArrowDown");
  await expect(ann.conversation("second")).toBeFocused();
  await ann.page.keyboard.press("ArrowDown");
  await expect(ann.conversation("first")).toBeFocused();
  await ann.page.keyboard.press("ArrowUp");
  await ann.page.keyboard.press("Enter");
  await expect(ann.page.getByRole("heading", { level: 2, name: "second" })).toBeVisible();
  await expect(ann.conversation("second")).toHaveAttribute("aria-current", "page");
});
