import { importHistory } from "../support/history.ts";
import { expect, test } from "../support/journey.ts";
import { scrollUp } from "../support/scroll.ts";

const MESSAGES = 20_000;
/** Elements in the list, however long the history is: what is in view, some around it. */
const ELEMENTS_MAX = 3_000;
/** On a machine with much else to do, a page may come late now and then. */
const JUMPS_MAX = 5;

test("a history of 20,000 messages: all of it, in order, while one scrolls up; the page stays small", async ({
  person,
  api,
  server,
  tag,
  picture,
}) => {
  test.setTimeout(420_000);
  const ann = await person("Ann", { viewport: { width: 1280, height: 1600 } });
  const [ben, cleo] = [await api("Ben"), await api("Cleo")];
  for (const each of [ben, cleo]) await each.threads();
  await importHistory(server, `long-${tag}`, [ann.user, ben.user, cleo.user], MESSAGES);
  const [thread] = await ben.threads();
  await ann.arrive(thread);
  await expect(ann.log.locator(`[data-number="${MESSAGES}"]`)).toBeVisible();
  await picture(ann, "long-history");

  const seen = await ann.log.evaluate(scrollUp, { until: 1, share: 0.8, frames: 2 });
  test.info().annotations.push({ type: "scrolled", description: JSON.stringify(seen) });
  expect(seen.disorder, "messages stand in the order of their numbers, without holes").toEqual([]);
  expect(seen.misplaced, "each message has its own text").toEqual([]);
  expect(seen.messages, "different messages that were seen").toBe(MESSAGES);
  expect(seen.jumps, "steps that went further than what was in view").toBeLessThanOrEqual(JUMPS_MAX);
  expect(seen.elementsMax, "elements in the list").toBeLessThan(ELEMENTS_MAX);
  await expect(ann.page.getByText("This is the beginning of the conversation")).toBeVisible();

  await ben.send(thread!, "a new one, far below");
  const jump = ann.page.getByRole("button", { name: /^Jump to latest, 1 new/ });
  await expect(jump).toBeVisible();
  await jump.click();
  await expect(ann.message("a new one, far below")).toBeVisible();
  await ann.say("here I am again");
});
