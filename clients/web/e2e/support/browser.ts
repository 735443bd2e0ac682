import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LaunchOptions } from "@playwright/test";

/** Where tests leave what can be looked at; a second run at the same time needs another place. */
export const ARTIFACTS =
  process.env.THREADLINE_TEST_ARTIFACTS ??
  fileURLToPath(new URL("../../../../target/test-artifacts/web", import.meta.url));

/** Debian's Chromium, or the one that CHROMIUM names. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function launchOptions(): LaunchOptions {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`no ${CHROMIUM}: scripts/install.sh test installs it; CHROMIUM names another one`);
  }
  const args = ["--disable-dev-shm-usage"];
  // Chromium's sandbox does not work for root, who is who runs tests in containers.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return { executablePath: CHROMIUM, args };
}
