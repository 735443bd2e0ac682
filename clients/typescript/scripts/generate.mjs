// Writes the types of the contract's shapes from openapi.json and asyncapi.json, the server's own descriptions kept here
// as they were last released. `node scripts/generate.mjs URL` takes the descriptions of a running edge first.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

/** The descriptions. */
export const descriptions = ["openapi.json", "asyncapi.json"];
/** Where the types go. */
export const types = "src/api/schemas.ts";

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

/** The TypeScript of the shapes in these descriptions. Those of one name are the same in all of them. */
export async function typesOf(documents) {
  const schemas = Object.assign({}, ...documents.map(({ components }) => components.schemas));
  const info = { title: "Threadline", version: documents[0].info.version };
  const shapes = { openapi: "3.1.0", info, paths: {}, components: { schemas: canonical(schemas) } };
  const text = astToString(await openapiTS(shapes, { emptyObjectsUnknown: true }));
  return `// Generated from ${descriptions.join(" and ")} by scripts/generate.mjs; not edited.\n\n${text}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const edge = process.argv[2];
  const documents = [];
  for (const name of descriptions) {
    if (edge) {
      const document = canonical(await (await fetch(new URL(`/${name}`, edge))).json());
      await writeFile(place(name), `${JSON.stringify(document, null, 1)}\n`);
    }
    documents.push(JSON.parse(await readFile(place(name), "utf8")));
  }
  await writeFile(place(types), await typesOf(documents));
}
