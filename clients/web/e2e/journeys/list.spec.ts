import { expect, test } from "../support/journey.ts";

test("the list goes on where it could not be loaded, when one asks for it", async ({ person, api }) => {
  const ann = await person("Ann");
  const owner = await api("Ann");
  for (let number = 1; number <= 60; number++) {
    await owner.create({ kind: "group", participants: [], title: `Group ${number}` });
  }
  let refused = 0;
  await ann.context.route(/\/api\/chat\/threads\?.*cursor=/, async (route) => {
    refused++;
    await route.fulfill({
      status: 400,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "invalid_field", title: "invalid", detail: "Not today.", retryable: false }),
    });
  });
  await ann.arrive();
  ann.expectsToBeTold(/status of 400/);
  const { page } = ann;
  const links = page.getByRole("navigation", { name: "Conversations" }).getByRole("link");
  await expect(ann.conversation("Group 60")).toBeVisible();
  await ann.conversation("Group 11").scrollIntoViewIfNeeded();
  await expect(page.getByText("Not today.")).toBeVisible();
  await expect(links).toHaveCount(50);
  await expect(page.getByText("Not today."), "it is not asked for again and again").toBeVisible();
  const before = refused;
  await ann.context.unroute(/\/api\/chat\/threads\?.*cursor=/);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(links).toHaveCount(60);
  await expect(page.getByText("Not today.")).toBeHidden();
  expect(before).toBe(1);
});

test("a conversation where something waits stands at the top already", async ({ person, api }) => {
  const ann = await person("Ann", { cable: true });
  const owner = await api("Ann");
  const old = await owner.create({ kind: "group", participants: [], title: "Old" });
  await owner.create({ kind: "group", participants: [], title: "New" });
  await ann.arrive(old);
  const links = ann.page.getByRole("navigation", { name: "Conversations" }).locator("li a");
  await expect(links).toContainText(["New", "Old"]);
  await expect(ann.conversation("New"), "one is one").toContainText("1 member");
  await expect(ann.conversation("New")).not.toContainText("1 members");
  await ann.goOffline();
  await ann.say("Is it old?");
  await expect(links).toContainText(["Old", "New"]);
  await expect(ann.conversation("Old")).toContainText("You: Is it old?");
  await ann.comeBack();
  await ann.sees(["Is it old?"]);
  await expect(links).toContainText(["Old", "New"]);
});
