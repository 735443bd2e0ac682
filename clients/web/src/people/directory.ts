import type { Client, Member, Thread } from "threadline";

/** Names a user. */
export type NameOf = (user: string) => string;

/** The names of all people in the conversations that are loaded, as a store. */
export class Directory {
  #names = new Map<string, string>();
  #seen = new WeakSet<readonly Member[]>();
  #listeners = new Set<() => void>();
  #nameOf: NameOf;

  readonly #client: Client;
  readonly #own: () => string;

  constructor(client: Client, own: () => string) {
    this.#client = client;
    this.#own = own;
    this.#nameOf = this.#namer();
    client.threads.subscribe(() => this.#addNames(client.threads.get().threads));
  }

  get = (): NameOf => this.#nameOf;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Everyone who is known by a name. */
  get people(): { user: string; name: string }[] {
    return [...this.#names].map(([user, name]) => ({ user, name }));
  }

  /** Whether a user is known by a name of their own, which only those have who have signed in. */
  isNamed(user: string): boolean {
    return (this.#names.get(user) ?? user) !== user;
  }

  #addNames(threads: readonly Thread[]): void {
    let news = false;
    for (const { members } of threads) {
      if (this.#seen.has(members)) continue;
      this.#seen.add(members);
      for (const { user, name } of members) {
        const known = this.#names.get(user);
        if (known !== undefined && (name === null || name === known)) continue;
        this.#names.set(user, name ?? user);
        news = true;
      }
    }
    if (!news) return;
    // A function of its own for each state, so that whoever shows names notices.
    this.#nameOf = this.#namer();
    for (const listener of [...this.#listeners]) listener();
  }

  #namer(): NameOf {
    return (user) => {
      const name = this.#names.get(user) ?? user;
      return name === user && user === this.#client.user.get() ? this.#own() : name;
    };
  }
}
