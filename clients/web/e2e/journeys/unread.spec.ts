import type { Api } from "../support/api.ts";
import { expect, test } from "../support/journey.ts";
import type { Person } from "../support/person.ts";

const divider = (person: Person) => person.log.getByRole("separator", { name: "New messages" });
const toLatest = (person: Person) => person.page.getByRole("button", { name: /^Jump to latest, \d+ new/ });
const toFirst = (person: Person) => person.page.getByRole("button", { name: "Jump to first unread" });

async function write(writer: Api, thread: string, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) await writer.send(thread, `message ${number}`);
}

/** Waits until the server has had the marks of what is in view, and nothing moves any more; the numbers of the first unread message. */
async function settledUnread(reader: Api, thread: string, last: number): Promise<number> {
  let before = -1;
  await expect
    .poll(
      async () => {
        const now = await reader.unread(thread);
        const isStill = now === before && now < last;
        before = now;
        return isStill;
      },
      { intervals: [600] },
    )
    .toBe(true);
  return before;
}

/** Scrolls down until all is read: whoever scrolls down has seen all of it. */
async function readOn(person: Person, reader: Api, thread: string): Promise<void> {
  await person.log.hover();
  const scrolled = async () => {
    await person.page.mouse.wheel(0, 500);
    return reader.unread(thread);
  };
  await expect.poll(scrolled, { intervals: [100] }).toBe(0);
}

test("a conversation opens at the first unread message, be it the very first; only what was in view is read", async ({
  person,
  api,
  picture,
}) => {
  const UNREAD = 30;
  const ann = await person("Ann");
  const [reader, ben] = [await api("Ann"), await api("Ben")];
  const thread = await ben.create({ kind: "group", participants: [ann.user], title: "Night train" });
  await ben.create({ kind: "group", participants: [ann.user], title: "Summer" });
  await write(ben, thread, 1, UNREAD);
  await ann.arrive(thread);
  await expect(divider(ann)).toBeInViewport();
  await expect(ann.message("message 1")).toBeInViewport();
  await expect(ann.message(`message ${UNREAD}`)).not.toBeInViewport();
  await expect(toLatest(ann)).toBeVisible();
  await picture(ann, "unread-first");
  const left = await settledUnread(reader, thread, UNREAD);
  expect(left).toBeGreaterThan(0);
  await expect(ann.message(`message ${UNREAD - left}`), "what is read is in view").toBeInViewport();
  await expect(toFirst(ann), "it is in view").toBeHidden();

  await ann.conversation("Summer").click();
  await expect(ann.page.getByText("Nobody has written anything yet.")).toBeVisible();
  expect(await reader.unread(thread)).toBe(left);
  await ann.conversation("Night train").click();
  await expect(divider(ann)).toBeInViewport();
  await expect(ann.message(`message ${UNREAD - left + 1}`), "where she left off").toBeInViewport();
  await readOn(ann, reader, thread);
  await expect(divider(ann), "it stays until the conversation is left").toBeVisible();
  await ann.conversation("Summer").click();
  await ann.conversation("Night train").click();
  await expect(ann.message(`message ${UNREAD}`)).toBeInViewport();
  await expect(divider(ann)).toHaveCount(0);
});

test("more unread messages than a page: the way to the latest and back to the first unread, also after leaving", async ({
  person,
  api,
  picture,
}) => {
  const [READ, UNREAD] = [3, 197];
  const LAST = READ + UNREAD;
  const ann = await person("Ann");
  const [reader, ben] = [await api("Ann"), await api("Ben")];
  const thread = await ben.create({ kind: "group", participants: [ann.user], title: "Night train" });
  await ben.create({ kind: "group", participants: [ann.user], title: "Summer" });
  await write(ben, thread, 1, READ);
  await ann.arrive(thread);
  await expect.poll(() => reader.unread(thread)).toBe(0);
  await ann.page.close();
  await write(ben, thread, READ + 1, LAST);
  await ann.arrive(thread);
  await expect(divider(ann)).toBeInViewport();
  await expect(ann.message(`message ${READ + 1}`)).toBeInViewport();
  const left = await settledUnread(reader, thread, UNREAD);
  expect(left).toBeGreaterThan(UNREAD - 40);

  await toLatest(ann).click();
  await expect(ann.message(`message ${LAST}`)).toBeInViewport();
  await expect(toFirst(ann)).toBeVisible();
  await picture(ann, "unread-above");
  await ben.send(thread, "and one more");
  await expect(ann.message("and one more")).toBeInViewport();
  expect(await settledUnread(reader, thread, LAST), "those between were never in view").toBe(left + 1);

  for (const other of ["Summer", "Night train"]) await ann.conversation(other).click();
  await expect(ann.message(`message ${LAST - left + 1}`)).toBeInViewport();
  await expect(divider(ann)).toBeInViewport();
  const less = await settledUnread(reader, thread, LAST);
  await toLatest(ann).click();
  await expect(ann.message("and one more")).toBeInViewport();
  await toFirst(ann).click();
  await expect(ann.message(`message ${LAST + 1 - less + 1}`)).toBeInViewport();
  await expect(toFirst(ann)).toBeHidden();

  await readOn(ann, reader, thread);
  await expect(toFirst(ann)).toBeHidden();
  await expect(ann.conversation("Night train")).not.toHaveAccessibleName(/unread/);
});

test("what was skipped can be marked as read as a whole", async ({ person, api }) => {
  const ann = await person("Ann");
  const [reader, ben] = [await api("Ann"), await api("Ben")];
  const thread = await ben.create({ kind: "group", participants: [ann.user], title: "Night train" });
  await write(ben, thread, 1, 80);
  await ann.arrive(thread);
  await toLatest(ann).click();
  await expect(ann.message("message 80")).toBeInViewport();
  await expect(toFirst(ann)).toBeVisible();
  await ann.page.getByRole("button", { name: "Mark all as read" }).click();
  await expect.poll(() => reader.unread(thread)).toBe(0);
  await expect(toFirst(ann)).toBeHidden();
  await ben.send(thread, "and one more");
  await expect
    .poll(async () => [await ann.texts().then((texts) => texts.at(-1)), await reader.unread(thread)])
    .toEqual(["and one more", 0]);
});
