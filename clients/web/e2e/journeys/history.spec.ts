import { importHistory } from "../support/history.ts";
import { expect, test } from "../support/journey.ts";

const MESSAGES = 20_000;
/** Elements in the list, however long the history is: what is in view, some around it. */
const ELEMENTS_MAX = 3_000;

test("a history of 20,000 messages: all of it, in order, while one scrolls up; the page stays small", async ({
  person,
  api,
  server,
  tag,
  picture,
}) => {
  test.setTimeout(240_000);
  const ann = await person("Ann", { viewport: { width: 1280, height: 1600 } });
  const [ben, cleo] = [await api("Ben"), await api("Cleo")];
  importHistory(server, `long-${tag}`, [ann.user, ben.user, cleo.user], MESSAGES);
  const [thread] = await ben.threads();
  await ann.arrive(thread);
  await expect(ann.log.locator(`[data-number="${MESSAGES}"]`)).toBeVisible();
  await picture(ann, "long-history");

  const seen = await ann.log.evaluate(scrollUp, { until: 1, everyFrames: 2 });
  expect(seen.disorder, "messages stand in the order of their numbers, without holes").toEqual([]);
  expect(seen.misplaced, "each message has its own text").toEqual([]);
  expect(seen.numbers, "how many different messages were seen").toBe(MESSAGES);
  expect(seen.elementsMax, "elements in the list").toBeLessThan(ELEMENTS_MAX);
  await expect(ann.page.getByText("This is the beginning of the conversation")).toBeVisible();

  await ben.send(thread!, "a new one, far below");
  const jump = ann.page.getByRole("button", { name: /^Jump to latest, 1 new/ });
  await expect(jump).toBeVisible();
  await jump.click();
  await expect(ann.message("a new one, far below")).toBeVisible();
  await ann.say("here I am again");
});

/** Runs in the page: scrolls up in steps, looks at what is there after each, until it has seen that message. */
async function scrollUp(log: Element, { until, everyFrames }: { until: number; everyFrames: number }) {
  const STILL_MS_MAX = 20_000;
  const scroller = [log, ...log.querySelectorAll("*")].find((each) => {
    const { overflowY } = getComputedStyle(each);
    return (overflowY === "auto" || overflowY === "scroll") && each.scrollHeight > each.clientHeight;
  });
  if (!scroller) throw new Error("nothing in the list scrolls");
  const seen = new Set<number>();
  const disorder: string[] = [];
  const misplaced: string[] = [];
  let elementsMax = 0;
  const frame = () => new Promise((next) => requestAnimationFrame(next));
  let oldest = Number.POSITIVE_INFINITY;
  let moved = performance.now();
  while (!seen.has(until)) {
    // What virtual scrolling keeps for other reasons, such as the focus, stands apart.
    const articles = [...log.querySelectorAll<HTMLElement>("[data-number]")];
    const numbers = articles.map((article) => Number(article.dataset.number));
    for (let at = 0; at < numbers.length; at++) {
      const [number, before] = [numbers[at]!, numbers[at - 1]];
      if (before !== undefined && number !== before + 1) disorder.push(`${before} ${number}`);
      if (seen.has(number)) continue;
      seen.add(number);
      const text = articles[at]!.querySelector("[data-text]")?.textContent ?? "";
      if (!text.startsWith(`#${number} `)) misplaced.push(`${number}: ${text.slice(0, 40)}`);
    }
    elementsMax = Math.max(elementsMax, log.querySelectorAll("*").length);
    const top = Math.min(...numbers);
    if (top < oldest) {
      oldest = top;
      moved = performance.now();
    } else if (performance.now() - moved > STILL_MS_MAX) {
      throw new Error(`stuck at message ${oldest}; seen ${seen.size}`);
    }
    scroller.scrollTop -= scroller.clientHeight * 0.8;
    for (let frames = 0; frames < everyFrames; frames++) await frame();
  }
  return { numbers: seen.size, disorder: disorder.slice(0, 20), misplaced: misplaced.slice(0, 20), elementsMax };
}
