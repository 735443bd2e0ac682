// Says how large the library is for those who load it, minified and gzipped, and fails when it is too large.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes, gzipped. */
export const bounds = { "src/index.ts": 13 * 1024, "src/react/index.ts": 2 * 1024, "src/tabs/index.ts": 3 * 1024 };

/** The bytes that an entry adds to a page. */
export async function sizeOf(entry) {
  const { outputFiles } = await build({
    absWorkingDir: new URL("..", import.meta.url).pathname,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: entry.includes("react") ? ["react", "react/jsx-runtime", "../index.js", "../client.js"] : [],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [entry, bound] of Object.entries(bounds)) {
    const bytes = await sizeOf(entry);
    console.log(`${entry}: ${bytes} bytes gzipped, ${bound} allowed`);
    if (bytes > bound) process.exitCode = 1;
  }
}
