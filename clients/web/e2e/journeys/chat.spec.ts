import { expect, test } from "../support/journey.ts";
import { startingWith } from "../support/person.ts";

test("two people sign in on two edges and talk: unread, typing, receipts, edit, delete", async ({
  person,
  picture,
}) => {
  const [ann, ben] = [await person("Ann", { edge: 0 }), await person("Ben", { edge: 1 })];
  for (const each of [ann, ben]) {
    const page = await each.tab();
    await page.goto(each.url);
    await expect(page.getByRole("heading", { level: 1, name: "Sign in to Threadline" })).toBeVisible();
    await page.getByRole("textbox", { name: "Your name" }).fill(each.name);
    await expect(page.getByText(`Your id: ${each.user}`)).toBeVisible();
    if (each === ann) await picture(ann, "sign-in");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByText("No conversations yet")).toBeVisible();
  }

  await ann.page.getByRole("button", { name: "New conversation" }).first().click();
  const dialog = ann.page.getByRole("dialog", { name: "New conversation" });
  await dialog.getByRole("radio", { name: "Direct message" }).check();
  await dialog.getByRole("combobox", { name: "Person" }).fill(ben.user);
  await picture(ann, "new-conversation");
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  await expect(dialog).toBeHidden();
  await expect(ann.page.getByRole("heading", { level: 2, name: startingWith("Ben") })).toBeVisible();
  await ann.say("Are you there?");
  await ann.say("It is about the train.");
  await ann.sees(["Are you there?", "It is about the train."]);

  const unread = ben.conversation(`${ann.name}, 2 unread`);
  await expect(unread).toBeVisible();
  await expect(unread).toContainText("It is about the train.");
  await expect(ben.page).toHaveTitle(/^\(2\) /);
  await unread.click();
  await ben.sees(["Are you there?", "It is about the train."]);
  await expect(ben.conversation(`${ann.name}, `)).toBeHidden();
  await expect(ben.page).not.toHaveTitle(/^\(/);
  await expect(ann.message("It is about the train.").getByRole("img", { name: "Read" })).toBeVisible();

  await ben.composer.pressSequentially("Which one", { delay: 20 });
  await expect(ann.page.getByText(`${ben.name} is typing…`)).toBeVisible();
  await ben.composer.fill("Which one?");
  await ben.composer.press("Enter");
  await ann.sees(["Are you there?", "It is about the train.", "Which one?"]);
  await expect(ann.page.getByText("is typing…")).toBeHidden();

  await ann.act("It is about the train.", "Edit message");
  await expect(ann.page.getByText("Editing message")).toBeVisible();
  await ann.composer.fill("It is about the night train.");
  await ann.page.getByRole("button", { name: "Save changes" }).click();
  await expect(ben.message("It is about the night train.")).toContainText("edited");

  await ann.act("Are you there?", "Delete message");
  const question = ann.page.getByRole("dialog", { name: "Delete this message?" });
  await question.getByRole("button", { name: "Delete" }).click();
  for (const each of [ann, ben]) {
    await expect(each.log.getByText("Message deleted")).toBeVisible();
    await expect(each.message("Are you there?")).toBeHidden();
    await expect(each.message("It is about the night train.")).toBeVisible();
  }
  await picture(ann, "conversation-first");
});

test("what was said is there after a reload, and in a second tab", async ({ dm }) => {
  const { people, thread } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  await ann.say("one");
  await ben.sees(["one"]);
  await ben.say("two");
  await ann.sees(["one", "two"]);
  await ann.page.reload();
  await ann.sees(["one", "two"]);

  const first = ann.page;
  let sockets = 0;
  ann.context.on("page", (page) => page.on("websocket", () => sockets++));
  await ann.arrive(thread);
  await ann.sees(["one", "two"]);
  await ann.say("three, from the second tab");
  const three = ["one", "two", "three, from the second tab"];
  await ben.sees(three);
  await expect(first.locator("[data-text]")).toHaveText(three);
  expect(sockets, "the second tab uses the first one's connection").toBe(0);
  await first.close();
  await ann.say("four, without the first tab");
  await ben.sees([...three, "four, without the first tab"]);
  await ben.say("five");
  await ann.sees([...three, "four, without the first tab", "five"]);
  expect(sockets, "the second tab has taken over").toBe(1);
});

test("several lines, long words, links and replies", async ({ dm, picture }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  await ann.composer.fill("first line");
  await ann.composer.press("Shift+Enter");
  await ann.composer.pressSequentially("second line");
  await ann.composer.press("Enter");
  await expect.poll(() => ben.texts()).toEqual(["first line\nsecond line"]);
  const word = "w".repeat(600);
  await ben.say(word);
  await ben.say("see https://example.org/a?b=c&d=e#f and 🎉");
  await expect(ann.message("see https://example.org/a?b=c&d=e#f and 🎉")).toBeVisible();
  const link = ann.log.getByRole("link");
  await expect(link).toHaveAttribute("href", "https://example.org/a?b=c&d=e#f");
  await expect(link).toHaveAttribute("rel", /noopener/);
  await expect(link).toHaveAttribute("target", "_blank");
  const { scrollWidth, clientWidth } = await ann.log.evaluate(({ scrollWidth, clientWidth }) => ({
    scrollWidth,
    clientWidth,
  }));
  expect(scrollWidth, "long words do not make the list wider").toBeLessThanOrEqual(clientWidth);
  await ann.act(word, "Reply");
  await expect(ann.page.getByText(`Replying to ${ben.name}`)).toBeVisible();
  await ann.say("That is long.");
  await expect(ben.message("That is long.")).toContainText("www");
  await picture(ben, "reply");
});
