import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";

/** What axe finds wrong on the page as it is, with where. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical" || impact === "moderate")
    .flatMap(({ id, impact, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${impact} ${id} ${target.join(" ")}: ${failureSummary}`),
    );
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`a machine finds nothing that keeps people out, ${colorScheme}`, async ({ person, api, picture }) => {
    // Fading in and out is not what is looked at.
    const ann = await person("Ann", { colorScheme, reducedMotion: "reduce", cable: true });
    const [ben, cleo] = [await api("Ben"), await api("Cleo")];
    for (const each of [ben, cleo]) await each.threads();
    const group = await ben.create({ kind: "group", participants: [ann.user, cleo.user], title: "Night train" });
    for (const text of ["Hello all,\nsee https://example.org", "Who brings the tickets?"]) await ben.send(group, text);
    await cleo.send(group, "I do.");
    const talk = await cleo.create({ kind: "dm", participants: [ann.user] });
    await cleo.send(talk, "Only for you.");

    const signIn = await ann.tab();
    await signIn.goto(ann.url);
    await expect(signIn.getByRole("heading", { name: "Sign in to Threadline" })).toBeVisible();
    expect.soft(await violations(signIn), "sign-in").toEqual([]);
    await signIn.close();

    await ann.arrive();
    const { page } = ann;
    await expect(ann.conversation("Night train")).toContainText("I do.");
    expect.soft(await violations(page), "list").toEqual([]);
    await picture(ann, `list-${colorScheme}`);

    await ann.conversation("Night train").click();
    await ann.say("Thank you.");
    await ann.say("😀");
    await ann.act("😀", "Delete message");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(ann.log.getByText("Message deleted")).toBeVisible();
    await ann.message("Thank you.").hover();
    expect.soft(await violations(page), "conversation").toEqual([]);
    await picture(ann, `conversation-${colorScheme}`);

    await ben.create({ kind: "group", participants: [ann.user, cleo.user], title: "Summer in the mountains" });
    await ann.conversation("Summer in the mountains").click();
    await expect(page.getByText("Nobody has written anything yet.")).toBeVisible();
    expect.soft(await violations(page), "empty conversation").toEqual([]);
    await picture(ann, `empty-${colorScheme}`);
    await ann.conversation("Night train").click();
    await expect(ann.message("Thank you.")).toBeVisible();

    await page.getByRole("button", { name: "Conversation menu" }).click();
    expect.soft(await violations(page), "menu").toEqual([]);
    await page.getByRole("menuitem", { name: "Members" }).click();
    await expect(page.getByRole("dialog", { name: "Members" })).toBeVisible();
    expect.soft(await violations(page), "members").toEqual([]);
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "New conversation" }).first().click();
    await page.getByRole("radio", { name: "Group" }).check();
    await page.getByRole("combobox", { name: "People" }).fill("ben");
    await page.getByRole("combobox", { name: "People" }).press("Enter");
    expect.soft(await violations(page), "new conversation").toEqual([]);
    await picture(ann, `dialog-${colorScheme}`);
    await page.keyboard.press("Escape");

    await ann.goOffline();
    await expect(ann.banner).toContainText("You are offline.");
    await ann.say("later");
    await expect(ann.banner).toContainText("1 message waits");
    expect.soft(await violations(page), "offline").toEqual([]);
    await picture(ann, `offline-${colorScheme}`);
    await ann.comeBack();
  });
}

test("the theme can be chosen, and stays", async ({ person }) => {
  const ann = await person("Ann", { colorScheme: "light" });
  await ann.arrive();
  /** The colour of the browser's own frame. */
  const frame = () =>
    ann.page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")].find(
          ({ media }) => matchMedia(media).matches,
        )?.content,
    );
  const background = () => ann.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  const lightFrame = await frame();
  await ann.page.getByRole("button", { name: "Account" }).click();
  await ann.page.getByRole("menuitemradio", { name: "Dark theme" }).click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  expect(await frame(), "the browser's frame is dark too").not.toBe(lightFrame);
  await ann.page.reload();
  await expect(ann.page.getByRole("navigation", { name: "Conversations" })).toBeVisible();
  expect(await background()).toBe(dark);
  expect(await frame()).not.toBe(lightFrame);
});
