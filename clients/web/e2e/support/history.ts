import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Threadline } from "../../../typescript/test/support/threadline.ts";

const SAMPLE = new URL("../../../../tests/data/sample.jsonl", import.meta.url);
const TEXT_CHARS_MAX = 600;
const FIRST = Date.UTC(2024, 0, 1, 9);
const APART_MS = 97_000;

/** What the text of a message says about its place: 1 is the oldest. */
export const PLACE = /^#(\d+) /;

/** A group's long history between these people, with the sample's texts: each message says its place. */
export async function importHistory(server: Threadline, key: string, users: string[], count: number): Promise<void> {
  const texts = readFileSync(SAMPLE, "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { content: string }).content.slice(0, TEXT_CHARS_MAX));
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      thread_key: key,
      // Some write several in a row.
      sender: users[Math.floor(index / 3) % users.length],
      sent_at: new Date(FIRST + index * APART_MS).toISOString(),
      kind: "text",
      content: `#${index + 1} ${texts[index % texts.length]}`,
    }),
  );
  const directory = mkdtempSync(join(tmpdir(), "threadline-history-"));
  try {
    const file = join(directory, "history.jsonl");
    writeFileSync(file, `${lines.join("\n")}\n`);
    await server.import(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
