import { defineConfig } from "@playwright/test";
import { ARTIFACTS, launchOptions } from "./support/browser.ts";

export default defineConfig({
  testDir: "journeys",
  testMatch: "*.spec.ts",
  outputDir: `${ARTIFACTS}/failures`,
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  // A test that fails now and then fails.
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["json", { outputFile: `${ARTIFACTS}/results.json` }]],
  use: {
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    launchOptions: launchOptions(),
    // Without a film: taking it is a third of the work.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: true, sources: true },
    screenshot: "only-on-failure",
    locale: "en-GB",
    timezoneId: "UTC",
  },
});
