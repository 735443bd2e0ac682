// Writes src/api/schema.ts from openapi.json, the server's own description kept here as it was last released.
// `node scripts/generate.mjs URL` takes the description of a running edge first.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const snapshot = new URL("../openapi.json", import.meta.url);
const target = new URL("../src/api/schema.ts", import.meta.url);

/** The description with its keys in order, so that a difference is a difference in meaning. */
export function canonical(value) {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, canonical(value[key])]),
  );
}

/** The TypeScript of a description. */
export async function typesOf(document) {
  const types = await openapiTS(structuredClone(document), { emptyObjectsUnknown: true });
  return `// Generated from openapi.json by scripts/generate.mjs; not edited.\n\n${astToString(types)}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const edge = process.argv[2];
  if (edge) {
    const document = canonical(await (await fetch(new URL("/openapi.json", edge))).json());
    await writeFile(snapshot, `${JSON.stringify(document, null, 1)}\n`);
  }
  await writeFile(target, await typesOf(JSON.parse(await readFile(snapshot, "utf8"))));
}
