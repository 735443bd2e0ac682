import { type Clock, Timer } from "../clock.js";
import { ComputedStore, type Notifier } from "../store.js";

/** The server ends typing after 5 s; should it be lost, this does. */
const TYPING_MS = 8_000;
/** Those shown at once. */
const TYPISTS_MAX = 100;

/** Who types in a thread. */
export class Typists {
  #timers = new Map<string, Timer>();
  readonly view: ComputedStore<readonly string[]>;
  readonly #clock: Clock;

  constructor(clock: Clock, notifier: Notifier) {
    this.#clock = clock;
    this.view = new ComputedStore(notifier, () => [...this.#timers.keys()]);
  }

  set(user: string, types: boolean): void {
    let timer = this.#timers.get(user);
    if (!types) {
      if (!timer) return;
      timer.clear();
      this.#timers.delete(user);
      return this.view.changed();
    }
    if (!timer) {
      if (this.#timers.size >= TYPISTS_MAX) return;
      timer = new Timer(this.#clock);
      this.#timers.set(user, timer);
      this.view.changed();
    }
    timer.set(() => this.set(user, false), TYPING_MS);
  }

  clear(): void {
    for (const user of [...this.#timers.keys()]) this.set(user, false);
  }
}
