import { devices } from "@playwright/test";
import { expect, test } from "../support/journey.ts";

const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];

test("on a phone: list, conversation, back; nothing is wider than the screen", async ({ person, api, picture }) => {
  const ann = await person("Ann", phone);
  const ben = await api("Ben");
  await ben.threads();
  const thread = await ben.create({ kind: "dm", participants: [ann.user] });
  await ben.send(thread, `Are you on the phone? ${"long".repeat(100)}`);
  await ann.arrive();
  const { page } = ann;
  const list = page.getByRole("navigation", { name: "Conversations" });
  const fits = async () =>
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await expect(list.getByRole("link").first()).toContainText("Are you on the phone?");
  await fits();
  await picture(ann, "phone-list");

  await list.getByRole("link").first().tap();
  await expect(ann.composer).toBeVisible();
  await expect(list).toBeHidden();
  await expect(page.getByRole("heading", { level: 2 }), "the focus has come along").toBeFocused();
  await ann.composer.tap();
  await ann.composer.fill("Yes");
  await ann.composer.press("Enter");
  await expect(ann.composer, "Enter makes a new line").toHaveValue("Yes\n");
  await ann.composer.fill("Yes.");
  await page.getByRole("button", { name: "Send message" }).tap();
  await expect(ann.message("Yes.")).toBeVisible();
  await expect(ann.message("Yes.")).toHaveAttribute("data-state", "sent");
  expect(
    await ann.composer.evaluate((field) => Number.parseFloat(getComputedStyle(field).fontSize)),
  ).toBeGreaterThanOrEqual(16);
  await fits();
  await picture(ann, "phone-conversation");

  await page.getByRole("button", { name: "Back to conversations" }).tap();
  await expect(list).toBeVisible();
  await expect(list.getByRole("link").first()).toContainText("Yes.");
  await expect(list.getByRole("link").first(), "the focus is back").toBeFocused();
  await page.goBack();
  await expect(ann.composer).toBeVisible();
  await page.goForward();
  await expect(list).toBeVisible();
});

test("on a phone in the dark, offline", async ({ person, api, picture }) => {
  const ann = await person("Ann", { ...phone, colorScheme: "dark" });
  const thread = await (await api("Ann")).create({ kind: "group", participants: [], title: "Notes to myself" });
  await ann.arrive(thread);
  await ann.say("Buy milk.");
  await ann.sees(["Buy milk."]);
  await ann.goOffline();
  await ann.say("And bread.");
  // Nothing breaks, everything is only silent: that takes as long as answers to two pings may.
  await expect(ann.banner).toContainText("1 message waits", { timeout: 45_000 });
  await picture(ann, "phone-dark-offline");
  await ann.comeBack();
  await ann.sees(["Buy milk.", "And bread."]);
});
