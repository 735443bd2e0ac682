import { expect, test } from "../support/journey.ts";

test("a server that does not answer: one is told, and can try again", async ({ person }) => {
  const ann = await person("Ann");
  const page = await ann.tab();
  await page.clock.install();
  await page.goto(ann.url);
  await page.route("**/api/dev/token", () => {});
  await page.getByRole("textbox", { name: "Your name" }).fill(ann.name);
  const button = page.getByRole("button", { name: "Sign in", exact: true });
  const asked = page.waitForRequest("**/api/dev/token");
  await button.click();
  await asked;
  await expect(button).toBeDisabled();
  await page.clock.fastForward(30_000);
  await expect(page.getByRole("alert")).toContainText("The server did not answer in time.");
  await page.unrouteAll();
  await button.click();
  await expect(page.getByRole("navigation", { name: "Conversations" })).toBeVisible();
});

test("a server that knows nobody by name wants a token", async ({ person, picture }) => {
  const ann = await person("Ann");
  const page = await ann.tab();
  ann.expectsToBeTold(/status of 404/);
  await page.route("**/api/dev/token", (route) => route.fulfill({ status: 404, body: "{}" }));
  await page.goto(ann.url);
  await expect(page.getByText("development", { exact: false })).toHaveCount(0);
  await page.getByRole("textbox", { name: "Your name" }).fill(ann.name);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("textbox", { name: "Token" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Your name" })).toBeHidden();
  await expect(page.getByRole("button", { name: /^Sign in as/ })).toHaveCount(0);
  await picture(ann, "sign-in-token");
});
