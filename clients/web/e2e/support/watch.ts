import type { Page } from "@playwright/test";

/** What a browser complains about when nothing but the network fails. */
const NETWORK =
  /net::ERR_|WebSocket connection to .* failed|Failed to load resource: the server responded with a status of 50[234]/;

/** Everything in a page that must not happen, as it happens. */
export class Watch {
  readonly problems: string[] = [];
  /** While the network fails on purpose, the browser may say so. */
  networkFails = false;
  /** What a test provokes on purpose. */
  readonly expected: RegExp[] = [];
  readonly #origins = new Set<string>();

  constructor(page: Page) {
    page.on("console", (message) => {
      if (message.type() === "error") this.#tell(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#tell(`uncaught: ${error.stack ?? error.message}`));
    page.on("dialog", (dialog) => {
      this.#tell(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (/^https?:$/.test(url.protocol) && !this.#origins.has(url.origin)) this.#tell(`request: ${url.href}`);
    });
    page.on("crash", () => this.#tell("the page crashed"));
  }

  /** Requests may go there. */
  allow(origin: string): void {
    this.#origins.add(origin);
  }

  /** To be called before the page loads: violations of its Content-Security-Policy count too. */
  async prepare(page: Page): Promise<void> {
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
  }

  #tell(problem: string): void {
    if (this.networkFails && NETWORK.test(problem)) return;
    if (this.expected.some((expected) => expected.test(problem))) return;
    this.problems.push(problem);
  }
}
