import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_MS = 60_000;
const STOP_MS = 20_000;

/** The server's binary, if it is built. */
export function binary(): string | undefined {
  const built = ["debug", "release"].map(
    (profile) => new URL(`../../../../target/${profile}/threadline`, import.meta.url).pathname,
  );
  return [process.env.THREADLINE_BIN ?? "", ...built].find((path) => path !== "" && existsSync(path));
}

/** A real server with two edges and a Postgres of its own. */
export class Threadline {
  #directory = "";
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #edges: string[] = [];
  /** The first port; a restarted server has the same. */
  #port = 0;

  constructor(
    private readonly path: string,
    environment: Record<string, string> = {},
  ) {
    const { DATABASE_URL: _, KAFKA_BROKERS: __, ...inherited } = process.env;
    this.#environment = { ...inherited, THREADLINE_LOG: "warn", ...environment };
  }

  edge(index = 0): string {
    return this.#edges[index]!;
  }

  async start(): Promise<void> {
    if (!this.#directory) {
      this.#directory = mkdtempSync(join(tmpdir(), "threadline-ts-"));
      // Postgres runs as another user and has to get in.
      chmodSync(this.#directory, 0o755);
    }
    const port = this.#port || 20_000 + Math.floor(Math.random() * 20_000);
    const started = spawn(this.path, ["dev", "--edges", "2", "--port", String(port)], {
      cwd: this.#directory,
      env: this.#environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = started;
    this.#port = port;
    this.#edges = [port, port + 1].map((each) => `http://127.0.0.1:${each}`);
    let errors = "";
    started.stderr!.on("data", (text) => {
      errors = (errors + text).slice(-4_000);
    });
    const until = Date.now() + START_MS;
    for (const edge of this.#edges) {
      while (!(await ready(edge))) {
        if (started.exitCode !== null || Date.now() > until) throw new Error(`threadline dev does not run: ${errors}`);
        await new Promise((next) => setTimeout(next, 100));
      }
    }
  }

  /** Stops it, or kills it, and waits until it is gone. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    const late = setTimeout(() => running.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(late);
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true });
  }

  token(user: string, ttl = "1h"): string {
    const options = { cwd: this.#directory, env: this.#environment, encoding: "utf8" as const };
    return execFileSync(this.path, ["token", "--user", user, "--ttl", ttl], options).trim();
  }
}

async function ready(edge: string): Promise<boolean> {
  return fetch(`${edge}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}
