import { expect, test } from "../support/journey.ts";

/** What a client keeps for later at most. */
const WAITING_MAX = 1_000;

test("Enter that ends the choice of a character sends nothing", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann] = people;
  await ann.composer.fill("にほん");
  // As Safari has it: after the end of the composition, with the key code of one.
  const kept = await ann.composer.evaluate((field) =>
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true })),
  );
  expect(kept, "the browser goes on with it").toBe(true);
  await expect(ann.composer).toHaveValue("にほん");
  await ann.composer.press("Enter");
  await ann.sees(["にほん"]);
});

test("with too much waiting, what one writes stays in the field, and one is told", async ({ dm, picture }) => {
  const { people } = await dm("Ann", "Ben", { cable: true });
  const [ann] = people;
  await ann.goOffline();
  await expect(ann.banner).toContainText("You are offline.");
  await ann.composer.evaluate(async (field: HTMLTextAreaElement, count) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")!;
    for (let number = 1; number <= count; number++) {
      set!.call(field, `waiting ${number}`);
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      while (field.value !== "") await new Promise((next) => setTimeout(next));
    }
  }, WAITING_MAX);
  await expect(ann.banner).toContainText(`${WAITING_MAX} messages wait`);

  await ann.composer.fill("one too many");
  await ann.composer.press("Enter");
  await expect(ann.page.getByRole("alert")).toContainText("Too many messages are waiting to be sent.");
  await expect(ann.composer).toHaveValue("one too many");
  await expect(ann.message("one too many")).toHaveCount(0);
  await picture(ann, "outbox-full");
  await ann.composer.fill("one too many, still");
  await expect(ann.page.getByRole("alert")).toBeHidden();
});
