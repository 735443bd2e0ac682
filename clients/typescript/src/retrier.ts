import { backoff } from "./backoff.js";
import { type Clock, Timer } from "./clock.js";
import type { ThreadlineError } from "./errors.js";

/** What fails here was tried a few times already. */
const FIRST_ATTEMPT = 3;

export interface RetrierDeps {
  /** Whether there is a connection: without one, nothing is retried. */
  up(): boolean;
  clock: Clock;
  random: () => number;
}

/** Runs tasks again that failed and may succeed later. */
export class Retrier {
  #tasks = new Map<string, () => void>();
  #attempt = FIRST_ATTEMPT;
  readonly #deps: RetrierDeps;
  readonly #timer: Timer;

  constructor(deps: RetrierDeps) {
    this.#deps = deps;
    this.#timer = new Timer(deps.clock);
  }

  /** Records how a task ended; one with a retryable error is run again after a backoff. */
  record(name: string, error: ThreadlineError | null, task: () => void): void {
    if (error?.retryable) {
      this.#tasks.set(name, task);
      this.#timer.set(() => this.retryNow(), backoff(this.#attempt++, this.#deps.random, error));
      return;
    }
    this.#tasks.delete(name);
    if (this.#tasks.size === 0) this.#attempt = FIRST_ATTEMPT;
  }

  /** Runs all failed tasks without waiting further, if there is a connection. */
  retryNow(): void {
    if (!this.#deps.up()) return;
    this.#timer.clear();
    const tasks = this.#tasks;
    this.#tasks = new Map();
    for (const task of tasks.values()) task();
  }
}
