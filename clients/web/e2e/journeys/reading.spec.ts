import { expect, test } from "../support/journey.ts";

test("whoever listens hears what a message says and how it stands", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben", { cable: true });
  const [ann, ben] = people;
  await ben.say("Where are you?");
  await ann.sees(["Where are you?"]);
  await expect(ann.message("Where are you?")).toHaveAccessibleDescription("Where are you?");
  await ann.say("In the train.");
  await ann.act("In the train.", "Edit message");
  await ann.composer.fill("In the night train.");
  await ann.composer.press("Enter");
  await expect(ann.message("In the night train.")).toHaveAccessibleDescription("In the night train. edited Read");
  await ben.act("Where are you?", "Delete message");
  await ben.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  const deleted = ann.log.getByRole("article").filter({ hasText: "Message deleted" });
  await expect(deleted).toHaveAccessibleDescription("Message deleted");
  await ann.goOffline();
  await ann.say("Tunnel.");
  await expect(ann.message("Tunnel.")).toHaveAccessibleDescription("Tunnel. Sending");
});

test("what is new is counted from where one left off, from the first moment on", async ({ dm, api }) => {
  const { people, thread } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  const writer = await api("Ben");
  for (let number = 1; number <= 40; number++) await writer.send(thread, `read ${number}`);
  await expect(ann.message("read 40")).toBeVisible();
  await expect(ben.message("read 40").getByRole("img", { name: "Read" })).toBeVisible();
  await ann.page.close();
  const UNREAD = 40;
  for (let number = 1; number <= UNREAD; number++) await writer.send(thread, `unread ${number}`);
  await ann.context.addInitScript(() => {
    const counts: number[] = [];
    Object.assign(window, { counts });
    new MutationObserver(() => {
      const label = document.querySelector("button[aria-label^='Jump to latest']")?.getAttribute("aria-label");
      if (label) counts.push(Number(/\d+/.exec(label)?.[0] ?? 0));
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await ann.arrive(thread);
  await expect(ann.page.getByRole("button", { name: /^Jump to latest/ })).toBeVisible();
  const counts = await ann.page.evaluate(() => (window as unknown as { counts: number[] }).counts);
  expect(Math.max(...counts)).toBeLessThanOrEqual(UNREAD);
});
