import type { PresenceStatus } from "./api/frames.js";
import { type Clock, Timer } from "./clock.js";
import { ComputedStore, type Notifier, type Store } from "./store.js";

/** Users whose presence is kept at most. */
const USERS_MAX = 10_000;
/** The server reports at the beginning of a session who is there; who is not reported in this time is offline. */
const REPORT_MS = 2_000;

/** Users' presence, as of the present or the last session. */
export class Presence {
  #status = new Map<string, PresenceStatus>();
  #views = new Map<string, ComputedStore<PresenceStatus>>();
  /** Users whom the present session has not reported yet. */
  #unreported = new Set<string>();
  readonly #reportEnd: Timer;
  readonly #notifier: Notifier;

  constructor(notifier: Notifier, clock: Clock) {
    this.#notifier = notifier;
    this.#reportEnd = new Timer(clock);
  }

  of(user: string): Store<PresenceStatus> {
    let view = this.#views.get(user);
    if (!view) {
      view = new ComputedStore(this.#notifier, () => this.#status.get(user) ?? "offline");
      this.#views.set(user, view);
    }
    return view;
  }

  set(user: string, status: PresenceStatus): void {
    this.#unreported.delete(user);
    if (status === "offline") this.#status.delete(user);
    else if (this.#status.size < USERS_MAX || this.#status.has(user)) this.#status.set(user, status);
    this.#views.get(user)?.changed();
  }

  onUp(): void {
    this.#unreported = new Set(this.#status.keys());
    this.#reportEnd.set(() => {
      for (const user of this.#unreported) this.set(user, "offline");
    }, REPORT_MS);
  }

  onDown(): void {
    this.#reportEnd.clear();
  }
}
