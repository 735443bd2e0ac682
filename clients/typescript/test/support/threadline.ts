import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const START_MS = 90_000;
const STOP_MS = 20_000;
const OUTPUT_CHARS_MAX = 4_000;
/** Below the ports that systems give to connections of their own. */
const PORTS = { from: 20_000, to: 32_000 };

/** The server's binary, if it is built. */
export function binary(): string | undefined {
  const built = ["debug", "release"].map(
    (profile) => new URL(`../../../../target/${profile}/threadline`, import.meta.url).pathname,
  );
  return [process.env.THREADLINE_BIN ?? "", ...built].find((path) => path !== "" && existsSync(path));
}

/** The first of so many consecutive ports that nobody listens on. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

/** A real server with two edges and a Postgres of its own. */
export class Threadline {
  #directory = "";
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #edges: string[] = [];
  /** The first port; a restarted server has the same. */
  #port = 0;
  #output = "";
  readonly #end = () => this.#process?.kill("SIGKILL");

  readonly #path: string;

  constructor(path: string, environment: Record<string, string> = {}) {
    this.#path = path;
    // What is set for the tests is not meant for the server.
    const ours = /^(DATABASE_URL|KAFKA_|THREADLINE_)/;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
    this.#environment = { ...inherited, THREADLINE_TELEMETRY_LEVEL: "warn", ...environment };
  }

  edge(index = 0): string {
    return this.#edges[index]!;
  }

  /** The last that it said. */
  get output(): string {
    return this.#output;
  }

  async start(): Promise<void> {
    if (!this.#directory) {
      this.#directory = mkdtempSync(join(tmpdir(), "threadline-ts-"));
      // Postgres runs as another user and has to get in.
      chmodSync(this.#directory, 0o755);
      process.once("exit", this.#end);
    }
    const port = this.#port || (await freePorts(2));
    const started = spawn(this.#path, ["dev", "--edges", "2", "--port", String(port)], {
      cwd: this.#directory,
      env: this.#environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = started;
    this.#port = port;
    this.#edges = [port, port + 1].map((each) => `http://127.0.0.1:${each}`);
    started.stderr!.on("data", (text) => {
      this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
    });
    const until = Date.now() + START_MS;
    for (const edge of this.#edges) {
      while (!(await ready(edge))) {
        if (started.exitCode !== null || Date.now() > until) {
          throw new Error(`threadline dev does not run: ${this.#output}`);
        }
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
    process.off("exit", this.#end);
    if (!this.#directory) return;
    this.#endPostgres();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  token(user: string, ttl = "1h", name?: string): string {
    const named = name === undefined ? [] : ["--name", name];
    return this.#run("token", "--user", user, "--ttl", ttl, ...named).trim();
  }

  /** Appends a history, lines of JSON; done when it can be read. Meanwhile connections that the server ends are noticed. */
  async import(file: string): Promise<void> {
    const options = { cwd: this.#directory, env: this.#environment };
    await promisify(execFile)(this.#path, ["import", file, "--json"], options);
  }

  #run(...words: string[]): string {
    const options = { cwd: this.#directory, env: this.#environment, encoding: "utf8" as const };
    return execFileSync(this.#path, words, options);
  }

  /** A server that was killed leaves its Postgres running. */
  #endPostgres(): void {
    for (const file of readdirSync(this.#directory, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith("postmaster.pid")) continue;
      try {
        process.kill(Number.parseInt(readFileSync(join(this.#directory, file), "utf8"), 10), "SIGQUIT");
      } catch {
        // It has ended meanwhile, or before and left its file.
      }
    }
  }
}

async function ready(edge: string): Promise<boolean> {
  return fetch(`${edge}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
