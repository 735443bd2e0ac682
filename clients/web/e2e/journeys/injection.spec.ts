import type { Page } from "@playwright/test";
import payloads from "../data/injections.json" with { type: "json" };
import { Api } from "../support/api.ts";
import { expect, test } from "../support/journey.ts";
import type { Person } from "../support/person.ts";

/** Elements that the page never makes itself; the others of the payloads are recognised by what they would do. */
const FOREIGN =
  "iframe, object, embed, base, math, marquee, portal, video, audio, template, plaintext, body script, meta[http-equiv], img[onerror], [onload], [onerror], [onclick], [onfocus], [onmouseover], [ontoggle], [srcdoc], use[href^='data:']";

/** As servers take titles and names: without what breaks the line or turns its direction. */
const oneLine = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is one of those that are taken out
  text.replaceAll(/[\u0000\u202a-\u202e\u2066-\u2069]/g, "").replaceAll(/[\n\u2028\u2029]/g, " ");

/** Nothing of the payloads became part of the page; what else they could have done, every journey watches for. */
async function unharmed(page: Page): Promise<void> {
  const state = await page.evaluate((foreign) => {
    const links = [...document.querySelectorAll("a[href]")].map((link) => (link as HTMLAnchorElement).protocol);
    return {
      injected: "injected" in window,
      elements: [...document.querySelectorAll(foreign)].map((element) => element.outerHTML.slice(0, 100)),
      protocols: [...new Set(links)].filter((protocol) => protocol !== "http:" && protocol !== "https:"),
    };
  }, FOREIGN);
  expect(state).toEqual({ injected: false, elements: [], protocols: [] });
}

/** Scrolls up through all messages and gathers their texts, oldest first. */
async function allTexts(person: Person, count: number): Promise<string[]> {
  const texts = new Map<number, string>();
  await expect
    .poll(
      async () => {
        for (const { number, text } of await person.shown()) texts.set(number, text);
        await unharmed(person.page);
        await person.log.hover();
        await person.page.mouse.wheel(0, -500);
        return texts.size;
      },
      { intervals: [50], timeout: 60_000 },
    )
    .toBe(count);
  return [...texts].sort(([a], [b]) => a - b).map(([, text]) => text);
}

test("as messages: they are shown as text, to those who are there and to those who come later", async ({
  dm,
  api,
  picture,
}) => {
  const { people, thread } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  const writer = await api("Ben");
  const sent: string[] = [];
  for (const payload of payloads) {
    // The server takes no U+0000.
    const text = payload.replaceAll("\u0000", "");
    await writer.send(thread, text);
    sent.push(text);
  }
  await expect(ann.log.locator("[data-text]").last()).toHaveText(sent.at(-1)!);
  await unharmed(ann.page);
  await picture(ann, "injections");
  expect(await allTexts(ann, sent.length)).toEqual(sent);
  await ben.page.reload();
  expect(await allTexts(ben, sent.length)).toEqual(sent);
  await unharmed(ben.page);
});

test("typed into every field: they come out as they went in", async ({ dm }) => {
  const { people } = await dm("Ann", "Ben");
  const [ann, ben] = people;
  for (const payload of payloads.filter((text) => /^[\x20-\x7e]+$/.test(text)).slice(0, 12)) {
    await ann.say(payload);
    await expect(ben.message(payload)).toBeVisible();
  }
  await ann.act(payloads[0]!, "Edit message");
  await ann.composer.fill("<img src=x onerror=alert('edited')>");
  await ann.composer.press("Enter");
  await expect(ben.message("<img src=x onerror=alert('edited')>")).toBeVisible();
  await ann.act("<img src=x onerror=alert('edited')>", "Reply");
  await ann.say("<b>reply</b>");
  await expect(ben.message("<b>reply</b>")).toBeVisible();
  await ann.page.getByRole("searchbox", { name: "Filter conversations" }).fill(payloads[7]!);
  await expect(ann.page.getByText("Nothing found")).toBeVisible();
  for (const each of people) await unharmed(each.page);
});

test("as titles of conversations", async ({ person, api, picture }) => {
  const ann = await person("Ann");
  const owner = await api("Ann");
  const titles = payloads.map((payload) => oneLine(payload).slice(0, 200));
  let last = "";
  for (const title of titles) last = await owner.create({ kind: "group", participants: [], title });
  await ann.arrive(last);
  await expect(ann.page.getByRole("heading", { level: 2, name: titles.at(-1)!, exact: true })).toBeVisible();
  const list = ann.page.getByRole("navigation", { name: "Conversations" });
  await picture(ann, "injections-titles");
  const seen = new Set<string>();
  await expect
    .poll(
      async () => {
        const texts = await list.getByRole("link").allInnerTexts();
        for (const text of texts) for (const title of titles) if (text.includes(title)) seen.add(title);
        await unharmed(ann.page);
        await list.hover();
        await ann.page.mouse.wheel(0, 600);
        return titles.filter((title) => !seen.has(title));
      },
      { intervals: [100], timeout: 60_000 },
    )
    .toEqual([]);
});

test("as people's names and ids", async ({ person, api, server, tag, picture }) => {
  const ann = await person("Ann");
  const owner = await api("Ann");
  const people = await Promise.all(
    payloads.map(async (payload, index) => {
      const name = oneLine(payload).trim().slice(0, 100);
      const api = await Api.of(server.edge(), `p${index}<b>"'&${tag}`, name);
      // Whoever has asked for something is known by name.
      await api.threads();
      return { name, api };
    }),
  );
  const thread = await owner.create({ kind: "group", participants: people.map(({ api }) => api.user), title: "Names" });
  for (const { name, api } of people.slice(0, 30)) await api.send(thread, `I am ${name}`);
  await ann.arrive(thread);
  await unharmed(ann.page);
  await picture(ann, "injections-names");
  await ann.page.getByRole("button", { name: "Conversation menu" }).click();
  await ann.page.getByRole("menuitem", { name: "Members" }).click();
  const members = ann.page.getByRole("dialog", { name: "Members" });
  await expect(members.getByRole("listitem")).toHaveCount(people.length + 1);
  // biome-ignore lint/performance/useDomNodeTextContent: what people see, with white space between its parts
  const text = await members.innerText();
  const flat = text.replaceAll(/\s+/g, " ");
  for (const { name, api } of people) {
    expect(flat).toContain(name.replaceAll(/\s+/g, " "));
    expect(flat).toContain(api.user);
  }
  await unharmed(ann.page);
});
