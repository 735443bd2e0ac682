import type { PresenceStatus } from "./api/frames.js";
import { type Clock, Timer } from "./clock.js";
import { type Store, type Teller, View } from "./store.js";

/** Users whose presence is kept. */
const USERS_MAX = 10_000;
/** A session tells at its beginning who is there; who was not named in this time is not. */
const TOLD_MS = 2_000;

/** Who is there, or was when there last was a session. */
export class Presence {
  #status = new Map<string, PresenceStatus>();
  #views = new Map<string, View<PresenceStatus>>();
  /** Whom the session at hand has not told of yet. */
  #untold = new Set<string>();
  readonly #told: Timer;
  constructor(
    private readonly teller: Teller,
    clock: Clock,
  ) {
    this.#told = new Timer(clock);
  }

  of(user: string): Store<PresenceStatus> {
    let view = this.#views.get(user);
    if (!view) {
      view = new View(this.teller, () => this.#status.get(user) ?? "offline");
      this.#views.set(user, view);
    }
    return view;
  }

  set(user: string, status: PresenceStatus): void {
    this.#untold.delete(user);
    if (status === "offline") this.#status.delete(user);
    else if (this.#status.size < USERS_MAX || this.#status.has(user)) this.#status.set(user, status);
    this.#views.get(user)?.changed();
  }

  onUp(): void {
    this.#untold = new Set(this.#status.keys());
    this.#told.set(() => {
      for (const user of this.#untold) this.set(user, "offline");
    }, TOLD_MS);
  }

  onDown(): void {
    this.#told.clear();
  }
}
