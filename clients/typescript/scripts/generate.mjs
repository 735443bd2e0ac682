// Writes the types in src/api from openapi.json and asyncapi.json, the server's own descriptions kept here as they were
// last released. `node scripts/generate.mjs URL` takes the descriptions of a running edge first.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

/** The descriptions, and where the types of each go. */
export const descriptions = { "openapi.json": "src/api/schema.ts", "asyncapi.json": "src/api/socket.ts" };

const place = (path) => new URL(`../${path}`, import.meta.url);

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

/** The TypeScript of a description. Of the socket's, the shapes: it has no paths. */
export async function typesOf(name, description) {
  const { info, components } = description;
  const shapes = { openapi: "3.1.0", info, paths: {}, components: { schemas: components.schemas } };
  const document = description.asyncapi ? shapes : description;
  const types = await openapiTS(structuredClone(document), { emptyObjectsUnknown: true });
  return `// Generated from ${name} by scripts/generate.mjs; not edited.\n\n${astToString(types)}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const edge = process.argv[2];
  for (const [name, target] of Object.entries(descriptions)) {
    if (edge) {
      const document = canonical(await (await fetch(new URL(`/${name}`, edge))).json());
      await writeFile(place(name), `${JSON.stringify(document, null, 1)}\n`);
    }
    await writeFile(place(target), await typesOf(name, JSON.parse(await readFile(place(name), "utf8"))));
  }
}
