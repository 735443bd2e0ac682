import { expect, test } from "../support/journey.ts";

test("what cannot be sent any more can be given up, also when its conversation is gone", async ({
  person,
  api,
  picture,
}) => {
  const ann = await person("Ann", { cable: true });
  const ben = await api("Ben");
  const thread = await ben.create({ kind: "group", participants: [ann.user], title: "Night train" });
  const other = await (await api("Ann")).create({ kind: "group", participants: [], title: "Notes" });
  await ann.arrive(thread);
  const { page } = ann;
  // The conversation is asked for, and is not there for her any more.
  ann.expectsToBeTold(/status of 404/);
  await ann.goOffline();
  await expect(ann.banner).toContainText("You are offline.");
  await ann.say("Wait for me!");
  await ben.remove(thread, ann.user);
  await ann.comeBack();

  const outbox = page.getByRole("status", { name: "Outbox" });
  await expect(outbox).toContainText("1 message not sent");
  await expect(ann.conversation("Night train")).toBeHidden();
  await picture(ann, "failed");
  await page.reload();
  await expect(outbox).toContainText("1 message not sent");
  await outbox.getByRole("button", { name: "Discard" }).click();
  const question = page.getByRole("dialog", { name: "Discard 1 message?" });
  await expect(question.getByRole("listitem")).toContainText("Wait for me!");
  await picture(ann, "discard");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(outbox).toContainText("1 message not sent");
  await outbox.getByRole("button", { name: "Discard" }).click();
  await question.getByRole("button", { name: "Discard" }).click();
  await expect(question).toBeHidden();
  await expect(outbox).toBeEmpty();
  await page.goto(`${ann.url}/#/t/${other}`);
  await page.reload();
  await ann.say("Next time.");
  await ann.sees(["Next time."]);
  await expect(outbox).toBeEmpty();
});

test("a message on its way cannot be taken back, and is deleted once it has arrived", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  /** What the server says, while it is kept back. */
  let kept: (() => void)[] | undefined;
  await ann.context.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => (kept ? void kept.push(() => socket.send(text)) : socket.send(text)));
  });
  await ann.page.reload();
  await ann.say("before");
  await ann.sees(["before"]);
  kept = [];
  await ann.say("too fast");
  await expect(ben.message("too fast"), "the server has it, and Ann has not heard so").toBeVisible();
  await expect(ann.message("too fast")).toHaveAttribute("data-state", "pending");
  await ann.act("too fast", "Delete message");
  const question = ann.page.getByRole("dialog", { name: "Delete this message?" });
  await question.getByRole("button", { name: "Delete" }).click();
  const late = kept;
  kept = undefined;
  for (const say of late) say();
  for (const each of people) {
    await expect(each.log.getByText("Message deleted")).toBeVisible();
    await expect(each.message("too fast")).toBeHidden();
  }
});

test("the list shows in which conversation something was refused, for as long as it is there", async ({
  person,
  api,
  picture,
}) => {
  const ann = await person("Ann", { cable: true });
  const ben = await api("Ben");
  const thread = await ben.create({ kind: "group", participants: [ann.user], title: "Night train" });
  await ben.create({ kind: "group", participants: [ann.user], title: "Summer" });
  await ann.arrive(thread);
  await ann.goOffline();
  await expect(ann.banner).toContainText("You are offline.");
  await ann.say("Still there?");
  await ben.archive(thread);
  await ann.comeBack();
  await expect(ann.message("Still there?")).toHaveAttribute("data-state", "failed");
  await expect(ann.message("Still there?")).toHaveAccessibleDescription(
    /^Still there\? Not sent This conversation is archived\.$/,
  );
  await ann.conversation("Summer").click();
  await expect(ann.page.getByRole("heading", { level: 2, name: "Summer" })).toBeVisible();
  await expect(ann.conversation("Night train").getByRole("img", { name: "Not sent" })).toBeVisible();
  await expect(ann.conversation("Summer").getByRole("img", { name: "Not sent" })).toHaveCount(0);
  await picture(ann, "failed-list");
  await ann.conversation("Night train").click();
  await ann.message("Still there?").getByRole("button", { name: "Discard" }).click();
  await expect(ann.message("Still there?")).toHaveCount(0);
  await expect(ann.conversation("Night train").getByRole("img", { name: "Not sent" })).toHaveCount(0);
});
