import type { Route } from "@playwright/test";
import { importHistory } from "../support/history.ts";
import { expect, test } from "../support/journey.ts";

const MESSAGES = 600;
const ROUNDS = 3;
/** The page is kept from doing anything for so long: what comes meanwhile, it finds all at once. */
const BUSY_MS = 1_500;

test("one reads further up: older messages come above and new ones below at once, and the place is kept", async ({
  person,
  api,
  server,
  tag,
}) => {
  const ann = await person("Ann");
  const ben = await api("Ben");
  await ben.threads();
  await importHistory(server, `place-${tag}`, [ann.user, ben.user], MESSAGES);
  const [thread] = await ben.threads();
  const held: Route[] = [];
  await ann.context.route(/\/messages\/?\?.*before=/, (route) => void held.push(route));
  await ann.arrive(thread);
  await expect(ann.log.locator(`[data-number="${MESSAGES}"]`)).toBeVisible();
  await expect(ann.conversation(`place-${tag},`), "all is read").toBeHidden();

  const slipped: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await ann.log.hover();
    await expect
      .poll(
        async () => {
          await ann.page.mouse.wheel(0, -400);
          return held.length;
        },
        { intervals: [50] },
      )
      .toBeGreaterThan(0);
    // The message in the middle, once nothing moves any more.
    const { id, height } = await ann.log.evaluate(async (log) => {
      const frame = () => new Promise((next) => requestAnimationFrame(next));
      for (let still = 0, top = -1; still < 10; top = log.scrollTop) {
        await frame();
        still = log.scrollTop === top ? still + 1 : 0;
      }
      const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
      const articles = [...log.querySelectorAll<HTMLElement>("article")];
      const one = articles.find((article) => article.getBoundingClientRect().bottom > middle)!;
      return { id: one.dataset.messageId!, height: log.scrollHeight };
    });
    const topOf = () => ann.log.locator(`[data-message-id="${id}"]`).evaluate((one) => one.getBoundingClientRect().top);
    const before = await topOf();

    const busy = ann.page.evaluate((ms) => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    }, BUSY_MS);
    await ben.send(thread!, `while she reads ${round}, one`);
    for (const route of held.splice(0)) await route.continue();
    for (const which of ["two", "three"]) await ben.send(thread!, `while she reads ${round}, ${which}`);
    await busy;
    await expect.poll(() => ann.log.evaluate((log) => log.scrollHeight)).toBeGreaterThan(height + 1_000);
    await expect(ann.page.getByRole("button", { name: `Jump to latest, ${3 * (round + 1)} new` })).toBeVisible();
    slipped.push(Math.round((await topOf()) - before));
  }
  for (const pixels of slipped) expect(Math.abs(pixels), `slipped by ${slipped} pixels`).toBeLessThanOrEqual(2);
});
