import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type ProxyOptions } from "vite";

/** The edge that pages of the development server talk to. */
const EDGE = process.env.THREADLINE_URL ?? "http://127.0.0.1:8080";
/** Smaller files are not worth a second copy. */
const GZIP_BYTES_MIN = 1_000;

const library = (path: string) => new URL(`../typescript/src/${path}`, import.meta.url).pathname;

/** Puts a gzipped copy beside each text file: edges serve it as it is. */
function gzipped(): Plugin {
  let directory = "";
  return {
    name: "gzipped",
    apply: "build",
    configResolved: (config) => {
      directory = join(config.root, config.build.outDir);
    },
    closeBundle: () => {
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(html|js|css|svg|json|webmanifest)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        if (bytes.length >= GZIP_BYTES_MIN) writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** Calls go on to the edge with the host that they were for: the edge takes the page for its own. */
const toEdge: ProxyOptions = { target: EDGE, ws: true, changeOrigin: false };

export default defineConfig({
  // Addresses are relative: the page may lie under a path of somebody else's site.
  base: "./",
  plugins: [react(), gzipped()],
  resolve: {
    alias: [
      { find: /^threadline$/, replacement: library("index.ts") },
      { find: /^threadline\/react$/, replacement: library("react/index.ts") },
      { find: /^threadline\/tabs$/, replacement: library("tabs/index.ts") },
    ],
    dedupe: ["react", "react-dom"],
  },
  build: {
    // Those that know popovers and light-dark().
    target: ["chrome123", "firefox125", "safari17.5"],
    modulePreload: { polyfill: false },
    // Everything is a file: the page's policy allows no data but small images.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": toEdge, "/ws": toEdge } },
  preview: { proxy: { "/api": toEdge, "/ws": toEdge } },
});
