import { appendFileSync, mkdirSync } from "node:fs";
import { ARTIFACTS } from "../support/browser.ts";
import { importHistory } from "../support/history.ts";
import { expect, test } from "../support/journey.ts";
import { scrollUp } from "../support/scroll.ts";
import { memory, watchFrames } from "../support/stopwatch.ts";

const MESSAGES = 20_000;
const STORM_PER_SECOND = 100;
const STORM_SECONDS = 30;
const SENDERS = 10;

mkdirSync(ARTIFACTS, { recursive: true });
const told: Record<string, object> = {};

/** Keeps figures, for the table in the end too. */
function tell(what: string, figures: object): void {
  told[what] = figures;
  appendFileSync(`${ARTIFACTS}/measurements.jsonl`, `${JSON.stringify({ what, ...figures })}\n`);
}

test.afterAll(() => console.table(told));

test("scrolling up through 20,000 messages", async ({ person, api, server, tag }) => {
  const ann = await person("Ann");
  const ben = await api("Ben");
  await importHistory(server, `long-${tag}`, [ann.user, ben.user], MESSAGES);
  const [thread] = await ben.threads();
  await ann.arrive(thread);
  await expect(ann.log.locator(`[data-number="${MESSAGES}"]`)).toBeVisible();
  const opened = await memory(ann.page);
  tell("memory with one page of the thread open", opened);

  // A twelfth of the window each frame is a fast wheel: some 4,000 pixels a second.
  let stop = await watchFrames(ann.page);
  await ann.log.evaluate(scrollUp, { until: MESSAGES - 1_000, share: 1 / 12, frames: 1 });
  tell("a fast wheel through 1,000 messages", await stop());

  stop = await watchFrames(ann.page);
  await ann.log.evaluate(scrollUp, { until: MESSAGES / 2, share: 0.8, frames: 1 });
  tell("nearly a window each frame, to message 10,000", await stop());
  tell("memory after 10,000 messages", await memory(ann.page));

  stop = await watchFrames(ann.page);
  await ann.log.evaluate(scrollUp, { until: 1, share: 0.8, frames: 1 });
  tell("on to message 1", await stop());
  tell("memory after 20,000 messages", await memory(ann.page));
});

test("100 messages a second arrive", async ({ person, api }) => {
  const ann = await person("Ann");
  const senders = await Promise.all(Array.from({ length: SENDERS }, (_, index) => api(`Sender${index}`)));
  const thread = await (await api("Ann")).create({
    kind: "group",
    title: "Storm",
    participants: senders.map((sender) => sender.user),
  });
  await ann.arrive(thread);
  await ann.say("quiet");
  const stop = await watchFrames(ann.page);
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (let count = 0; count < STORM_PER_SECOND * STORM_SECONDS; count++) {
    // From a schedule: a slow answer delays no later message.
    const due = start + (count * 1_000) / STORM_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((next) => setTimeout(next, wait));
    sent.push(senders[count % SENDERS]!.send(thread, `message ${count} of the storm, as long as messages are`));
  }
  await Promise.all(sent);
  const last = STORM_PER_SECOND * STORM_SECONDS + 1;
  await expect(ann.log.locator(`[data-number="${last}"]`)).toBeVisible();
  tell(`${STORM_PER_SECOND} messages a second for ${STORM_SECONDS} s`, await stop());
  tell("memory after the storm", await memory(ann.page));
});
