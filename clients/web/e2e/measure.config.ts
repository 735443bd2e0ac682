import { defineConfig } from "@playwright/test";
import journeys from "./playwright.config.ts";

/** How the page feels: figures, not tests. */
export default defineConfig({
  ...journeys,
  testDir: "measure",
  testMatch: "*.measure.ts",
  workers: 1,
  timeout: 600_000,
  reporter: "line",
  use: { ...journeys.use, trace: "off" },
});
