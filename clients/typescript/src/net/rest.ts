import type { ErrorBody } from "../api/frames.js";
import { backoff } from "../backoff.js";
import { type Clock, pause } from "../clock.js";
import { local, ThreadlineError } from "../errors.js";
import type { Tokens } from "./tokens.js";

type Method = "GET" | "POST" | "PUT" | "DELETE";
export type Query = Record<string, string | number | undefined | null>;
/** What a call carries beside its path. `key` is its idempotency key. */
export interface Content {
  body?: unknown;
  query?: Query;
  key?: string;
}

/** Attempts of a call that may be repeated. */
const TRIES_MAX = 4;
/** Calls that run at once; others wait. */
const CALLS_MAX = 6;
/** Time from a call to the end of its answer. */
const CALL_MS = 20_000;

interface Answer {
  ok: boolean;
  status: number;
  text: string;
}

export interface RestDeps {
  /** The edge's address, without a slash at its end. */
  url: string;
  tokens: Tokens;
  fetch: typeof fetch;
  clock: Clock;
  random: () => number;
}

/** The HTTP side of the contract. */
export class Rest {
  #under = 0;
  #queue: (() => void)[] = [];
  readonly #deps: RestDeps;

  constructor(deps: RestDeps) {
    this.#deps = deps;
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.repeat("GET", path, { query });
  }

  /** Makes a call that is safe to repeat, again while its error is retryable. */
  async repeat<T>(method: Method, path: string, content: Content): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.call<T>(method, path, content);
      } catch (thrown) {
        const error = ThreadlineError.from(thrown);
        if (!error.retryable || attempt + 1 >= TRIES_MAX) throw error;
        await pause(this.#deps.clock, backoff(attempt, this.#deps.random, error));
      }
    }
  }

  /** Makes a call once; replaces a token that is refused. */
  async call<T>(method: Method, path: string, content: Content = {}): Promise<T> {
    await this.#turn();
    try {
      const token = await this.#deps.tokens.current();
      const first = await this.#send(method, path, content, token);
      if (first.status !== 401) return read<T>(first);
      this.#deps.tokens.refused(token);
      return read<T>(await this.#send(method, path, content, await this.#deps.tokens.fresh()));
    } finally {
      this.#under--;
      this.#queue.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#under >= CALLS_MAX) await new Promise<void>((go) => this.#queue.push(go));
    this.#under++;
  }

  async #send(method: Method, path: string, content: Content, token: string): Promise<Answer> {
    const { body, query, key } = content;
    const url = new URL(`${this.#deps.url}/api/chat/${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.append(name, String(value));
    }
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key !== undefined) headers["Idempotency-Key"] = key;
    const abort = new AbortController();
    const timer = this.#deps.clock.setTimeout(() => abort.abort(), CALL_MS);
    try {
      const init: RequestInit = { method, headers, signal: abort.signal };
      if (body !== undefined) init.body = JSON.stringify(body);
      const response = await this.#deps.fetch(url.href, init);
      return { ok: response.ok, status: response.status, text: await response.text() };
    } catch (thrown) {
      throw local("unreachable", ThreadlineError.from(thrown).message);
    } finally {
      this.#deps.clock.clearTimeout(timer);
    }
  }
}

function read<T>({ ok, status, text }: Answer): T {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ThreadlineError("internal", `an answer that is not JSON (${status})`, status >= 500);
  }
  if (ok) return body as T;
  const problem = body as Partial<ErrorBody>;
  throw ThreadlineError.of({
    code: problem.code ?? "internal",
    title: problem.title ?? `HTTP ${status}`,
    detail: problem.detail ?? "",
    field: problem.field ?? null,
    retryable: problem.retryable ?? status >= 500,
    retry_after_ms: problem.retry_after_ms ?? null,
  });
}
