import { expect, test } from "../support/journey.ts";

const LONG =
  "The night train leaves at 22:47 from platform nine, and as the dining car is closed this month we should buy bread, cheese and something to drink before; whoever comes first keeps the seats by the window, please.";

const sizes = {
  desk: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const;

/** Whether an element is within the bubble around it. */
const isInBubble = (element: Element): boolean => {
  const inner = element.getBoundingClientRect();
  const outer = element.closest("[id^=said-]")!.getBoundingClientRect();
  const isBeside = inner.left >= outer.left && inner.right <= outer.right + 0.5;
  return isBeside && inner.top >= outer.top && inner.bottom <= outer.bottom + 0.5;
};

/** The contrast of an element's colour to that of the bubble around it, as WCAG counts it. */
const contrast = (element: Element): number => {
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  const luminance = (colour: string) => {
    const [red, green, blue] = channels(colour).map((channel) => {
      const share = channel / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const bubble = element.closest("[id^=said-]")!;
  const [one, other] = [
    luminance(getComputedStyle(element).color),
    luminance(getComputedStyle(bubble).backgroundColor),
  ];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
};

for (const [size, options] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`long messages hold their ticks, ${size}, ${colorScheme}`, async ({ dm, picture }) => {
      const { people } = await dm("Ann", "Ben", { ...options, colorScheme, reducedMotion: "reduce" });
      const [ann, ben] = people;
      const height = () => ann.composer.evaluate((field) => field.clientHeight);
      const empty = await height();
      for (const text of ["Short.", LONG, `${LONG} ${LONG}`, "w".repeat(200), "two\nlines"]) await ann.say(text);
      await ben.say(`Yes. ${LONG}`);
      await expect(ann.message(`Yes. ${LONG}`)).toBeVisible();
      await expect(ann.message("two\nlines").getByRole("img", { name: "Read" })).toBeVisible();
      for (const tick of await ann.log.getByRole("img", { name: /^(Read|Sent)$/ }).all()) {
        expect(await tick.evaluate(isInBubble), "the tick is in its bubble").toBe(true);
        expect(await tick.evaluate(contrast), "it can be seen").toBeGreaterThan(3);
      }
      expect(await height(), "what was written has left its room").toBe(empty);
      await picture(ann, `long-${size}-${colorScheme}`);
    });
  }

  test(`forced colours show what is open, chosen and written by whom, ${size}`, async ({ dm, api, picture }) => {
    const { people } = await dm("Ann", "Ben", { ...options, forcedColors: "active", reducedMotion: "reduce" });
    const [ann, ben] = people;
    await (await api("Ben")).create({ kind: "group", participants: [ann.user], title: "Summer in the mountains" });
    await ann.say("Are you there?");
    await ben.say(`Yes. ${LONG}`);
    await ann.say(LONG);
    await expect(ben.message(LONG)).toBeVisible();
    await picture(ann, `forced-conversation-${size}`);
    const borders = await ann.log
      .locator("[id^=said-]")
      .evaluateAll((bubbles) => bubbles.map((bubble) => getComputedStyle(bubble).borderTopWidth));
    expect(
      borders.every((width) => Number.parseFloat(width) >= 1),
      "bubbles have an outline",
    ).toBe(true);
    const { page } = ann;
    if (size === "phone") {
      await page.getByRole("button", { name: "Back to conversations" }).click();
    } else {
      const open = ann.conversation(ben.name);
      const styleOf = (link: Element) => {
        const { outlineWidth, outlineStyle, borderTopWidth, borderTopStyle } = getComputedStyle(link);
        return `${outlineWidth} ${outlineStyle} ${borderTopWidth} ${borderTopStyle}`;
      };
      expect(await open.evaluate(styleOf), "the open conversation is marked").not.toBe(
        await ann.conversation("Summer in the mountains").evaluate(styleOf),
      );
    }
    await picture(ann, `forced-list-${size}`);
    await page.getByRole("button", { name: "New conversation" }).first().click();
    await page.getByRole("radio", { name: "Group" }).check();
    await page.getByRole("combobox", { name: "People" }).fill("cl");
    await picture(ann, `forced-dialog-${size}`);
    const background = (element: Element) => getComputedStyle(element).backgroundColor;
    const [first, second] = await page.getByRole("option").all();
    expect(await first!.evaluate(background), "the option that Enter chooses").not.toBe(
      await second!.evaluate(background),
    );
    const [direct, group] = await page.locator("input[name=kind] + span").all();
    expect(await group!.evaluate(background), "the chosen kind").not.toBe(await direct!.evaluate(background));
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Account" }).click();
    await picture(ann, `forced-menu-${size}`);
  });
}
