import type { PresenceStatus } from "./api/frames.js";
import { type Store, type Teller, View } from "./store.js";

/** Users whose presence is kept. */
const USERS_MAX = 10_000;

/** Who is there. */
export class Presence {
  #status = new Map<string, PresenceStatus>();
  #views = new Map<string, View<PresenceStatus>>();
  constructor(private readonly teller: Teller) {}

  of(user: string): Store<PresenceStatus> {
    let view = this.#views.get(user);
    if (!view) {
      view = new View(this.teller, () => this.#status.get(user) ?? "offline");
      this.#views.set(user, view);
    }
    return view;
  }

  set(user: string, status: PresenceStatus): void {
    if (status === "offline") this.#status.delete(user);
    else if (this.#status.size < USERS_MAX || this.#status.has(user)) this.#status.set(user, status);
    this.#views.get(user)?.changed();
  }

  /** Nothing is known any more; the next session tells anew. */
  clear(): void {
    for (const user of [...this.#status.keys()]) this.set(user, "offline");
  }
}
