import { backoff } from "./backoff.js";
import { type Clock, Timer } from "./clock.js";
import type { ThreadlineError } from "./errors.js";

/** What failed was tried a few times already. */
const ATTEMPTS_BEFORE = 3;

export interface AgainDeps {
  /** Whether there is a connection: without one, nothing is tried. */
  up(): boolean;
  clock: Clock;
  random: () => number;
}

/** Does again what failed and may succeed later. */
export class Again {
  #runs = new Map<string, () => void>();
  #attempt = ATTEMPTS_BEFORE;
  readonly #timer: Timer;
  constructor(private readonly deps: AgainDeps) {
    this.#timer = new Timer(deps.clock);
  }

  /** A thing of this name was done, or failed. */
  settled(name: string, error: ThreadlineError | null, run: () => void): void {
    if (error?.retryable) {
      this.#runs.set(name, run);
      this.#timer.set(() => this.now(), backoff(this.#attempt++, this.deps.random, error));
      return;
    }
    this.#runs.delete(name);
    if (this.#runs.size === 0) this.#attempt = ATTEMPTS_BEFORE;
  }

  /** Ends the wait. */
  now(): void {
    if (!this.deps.up()) return;
    this.#timer.clear();
    const runs = this.#runs;
    this.#runs = new Map();
    for (const run of runs.values()) run();
  }
}
