import { type BrowserContext, expect, type Locator, type Page } from "@playwright/test";
import type { Cable } from "./cable.ts";
import { Watch } from "./watch.ts";

/** A message as it is shown. */
export interface Shown {
  id: string;
  number: number;
  state: string;
  text: string;
}

/** Somebody at a browser of their own. */
export class Person {
  #page: Page | undefined;
  #watches: Watch[] = [];

  readonly name: string;
  readonly user: string;
  readonly url: string;
  readonly context: BrowserContext;
  readonly #cable: Cable | undefined;

  constructor(name: string, user: string, url: string, context: BrowserContext, cable?: Cable) {
    this.name = name;
    this.user = user;
    this.url = url;
    this.context = context;
    this.#cable = cable;
  }

  get page(): Page {
    if (!this.#page) throw new Error(`${this.name} has no page open`);
    return this.#page;
  }

  /** What happened in this person's pages and must not. */
  get problems(): string[] {
    return this.#watches.flatMap((watch) => watch.problems.map((problem) => `${this.name}: ${problem}`));
  }

  /** A fresh tab that nothing has been loaded into. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    const watch = new Watch(page);
    watch.allow(new URL(this.url).origin);
    await watch.prepare(page);
    this.#watches.push(watch);
    this.#page = page;
    return page;
  }

  /** Opens the page, signed in, perhaps at a thread. */
  async arrive(thread?: string): Promise<void> {
    const page = await this.tab();
    const who = new URLSearchParams({ user: this.user, name: this.name });
    await page.goto(`${this.url}/?${who}${thread ? `#/t/${thread}` : ""}`);
    await expect(thread ? this.composer : page.getByRole("navigation", { name: "Conversations" })).toBeVisible();
  }

  get log(): Locator {
    return this.page.getByRole("log", { name: "Messages" });
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get banner(): Locator {
    return this.page.getByRole("status", { name: "Connection" });
  }

  /** A conversation in the list, by the beginning of its name. */
  conversation(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: startingWith(name) });
  }

  /** A message with exactly this text. */
  message(text: string): Locator {
    const has = this.page.locator("[data-text]").filter({ hasText: exactly(text) });
    return this.log.getByRole("article").filter({ has });
  }

  /** Writes and sends; done when it is shown, whether it could be sent or not. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    // On telephones Enter makes a new line.
    if (await this.page.evaluate(() => matchMedia("(hover: hover)").matches)) await this.composer.press("Enter");
    else await this.page.getByRole("button", { name: "Send message" }).tap();
    await expect(this.message(text)).toBeVisible();
  }

  /** What a message's toolbar offers. */
  async act(text: string, action: string): Promise<void> {
    await this.message(text).hover();
    const toolbar = this.message(text).getByRole("toolbar", { name: "Message actions" });
    await toolbar.getByRole("button", { name: action }).click();
  }

  /** The messages that are in the page, in its order. */
  shown(): Promise<Shown[]> {
    return this.log.evaluate((log) =>
      [...log.querySelectorAll<HTMLElement>("[data-message-id]")].map((article) => ({
        id: article.dataset.messageId ?? "",
        number: Number(article.dataset.number),
        state: article.dataset.state ?? "",
        text: article.querySelector("[data-text]")?.textContent ?? "",
      })),
    );
  }

  async texts(): Promise<string[]> {
    return (await this.shown()).map((message) => message.text);
  }

  /** Waits until exactly these are shown, each once, in this order, all of them sent. */
  async sees(texts: string[]): Promise<void> {
    await expect.poll(() => this.texts(), { message: `what ${this.name} sees` }).toEqual(texts);
    await expect
      .poll(async () => (await this.shown()).map((message) => message.state))
      .toEqual(texts.map(() => "sent"));
  }

  /** The network is gone, and the browser knows. */
  async goOffline(): Promise<void> {
    this.networkFails(true);
    await this.context.setOffline(true);
    this.#cable?.pull();
  }

  /** The network is there again. */
  async plug(): Promise<void> {
    this.#cable?.plug();
    await this.context.setOffline(false);
  }

  /** The network is there again, and so is the connection. */
  async comeBack(): Promise<void> {
    await this.plug();
    await expect(this.banner).toBeHidden();
    this.networkFails(false);
  }

  /** Something that the browser may say in this test. */
  expectsToBeTold(what: RegExp): void {
    for (const watch of this.#watches) watch.expected.push(what);
  }

  /** Whether failing requests are what this test is about. */
  networkFails(fails: boolean): void {
    for (const watch of this.#watches) watch.networkFails = fails;
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.#cable?.close();
  }
}

export function exactly(text: string): RegExp {
  return new RegExp(`^${escaped(text)}$`);
}

export function startingWith(text: string): RegExp {
  return new RegExp(`^${escaped(text)}`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
