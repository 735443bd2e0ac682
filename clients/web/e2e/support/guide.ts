import { readFileSync } from "node:fs";

const GUIDE = new URL("../../../typescript/README.md", import.meta.url);

/** What the guide to a first chat of one's own tells to write and to say. */
export interface Guide {
  /** What to say in the empty directory. */
  commands: string;
  /** What to write into which file. */
  files: Map<string, string>;
}

/** The guide, word by word: a block after a line that begins with a file's name is that file. */
export function readGuide(): Guide {
  const section = readFileSync(GUIDE, "utf8")
    .split("\n## ")
    .find((part) => part.startsWith("A chat in your own React app"));
  if (!section) throw new Error("the guide is not where it was");
  const files = new Map<string, string>();
  let commands = "";
  for (const [, line, block] of section.matchAll(/^(\S.*):\n\n((?: {4}.*\n|\n)+)/gm)) {
    const text = block!.replaceAll(/^ {4}/gm, "").trimEnd();
    const file = /^`([^`]+)`/.exec(line!)?.[1];
    if (file) files.set(file, text);
    else if (line === "In an empty directory") commands = text;
  }
  return { commands, files };
}
