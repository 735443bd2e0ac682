import type { Thread, ThreadEvent, ThreadsPage, Unread } from "./api/types.js";
import { ThreadlineError } from "./errors.js";
import type { Rest } from "./net/rest.js";
import { Retrier } from "./retrier.js";
import { ComputedStore, type Notifier } from "./store.js";
import { ThreadStore, type ThreadStoreDeps } from "./thread/thread-store.js";

/** The user's threads, latest activity first. */
export interface ThreadsState {
  readonly threads: readonly Thread[];
  readonly loading: boolean;
  /** Whether there are more threads than those loaded. */
  readonly hasMore: boolean;
  readonly error: ThreadlineError | null;
}

const PAGE = 50;
/** Pages reloaded after events were missed. */
const RELOAD_PAGES_MAX = 4;

export interface ThreadsDeps extends Omit<ThreadStoreDeps, "onSummary"> {
  rest: Rest;
  notifier: Notifier;
}

/** Holds all threads that this client knows, and the list of them. */
export class Threads {
  #stores = new Map<string, ThreadStore>();
  /** The cursor of the next page; undefined before the first. */
  #next: string | null | undefined;
  #pages = 0;
  #loading: Promise<void> | undefined;
  #error: ThreadlineError | null = null;
  /** Unread counts of threads that are not loaded. */
  #counts: Record<string, number> | undefined;
  #started = false;
  readonly #retrier: Retrier;
  /** Users who were online during this session. */
  #seen = new Set<string>();
  readonly list: ComputedStore<ThreadsState>;
  readonly unread: ComputedStore<Unread>;

  readonly #deps: ThreadsDeps;

  constructor(deps: ThreadsDeps) {
    this.#deps = deps;
    this.#retrier = new Retrier(deps);
    this.list = new ComputedStore(deps.notifier, () => this.#state(), { onFirst: () => this.start() });
    this.unread = new ComputedStore(deps.notifier, () => this.#unread(), { onFirst: () => this.start() });
  }

  store(id: string): ThreadStore {
    let store = this.#stores.get(id);
    if (!store) {
      store = new ThreadStore(id, { ...this.#deps, onSummary: () => this.#changed() });
      this.#stores.set(id, store);
    }
    return store;
  }

  /** Returns the store of a thread, if there is one already. */
  find(id: string): ThreadStore | undefined {
    return this.#stores.get(id);
  }

  /** Loads the list, unless it is loaded, and keeps it up to date from then on. */
  start(): void {
    this.#started = true;
    if (!this.#deps.live() || this.#loading || (this.#next !== undefined && this.#counts && !this.#error)) return;
    void this.#load("first", async () => {
      await Promise.all([this.#page(null), this.#count()]);
    });
  }

  /** Loads the next page. */
  async more(): Promise<void> {
    if (this.#next === undefined) return this.start();
    const next = this.#next;
    if (next !== null) await this.#load("more", () => this.#page(next));
  }

  onEvent(event: ThreadEvent): void {
    const known = this.#stores.get(event.thread);
    if (known || this.#started) (known ?? this.store(event.thread)).onEvent(event);
  }

  onRead(thread: string, user: string, number: number): void {
    const store = this.#stores.get(thread);
    if (store) store.onRead(user, number);
    else if (this.#counts?.[thread] && user === this.#deps.me()) void this.store(thread).load();
  }

  /** To be called when a user is online: one who was never online before has a name only now. */
  onSeen(user: string): void {
    if (this.#seen.has(user)) return;
    this.#seen.add(user);
    for (const store of this.#stores.values()) store.onSeen(user);
  }

  onUp(): void {
    for (const store of this.#stores.values()) store.resume();
    if (this.#started) this.start();
  }

  onDown(): void {
    this.#seen.clear();
    for (const store of this.#stores.values()) store.typists.clear();
  }

  /**
   * Handles that the server will not send the missed events of these threads, or of all if none is named. With `lost`,
   * the threads are reloaded from a new snapshot.
   */
  onResync(threads: readonly string[], lost: boolean): void {
    const missed = new Set<ThreadStore>();
    for (const [id, store] of [...this.#stores]) {
      if (!lost && threads.length > 0 && !threads.includes(id)) continue;
      if (lost && !store.wanted) this.#stores.delete(id);
      else if (lost) store.reset();
      else missed.add(store);
    }
    if (this.#next !== undefined) void this.#load("again", () => this.#reload(missed));
    else for (const store of missed) void store.catchUp();
  }

  /** Reloads the list. Threads without listeners need no more than what it says of them. */
  async #reload(missed: Set<ThreadStore>): Promise<void> {
    const [looked, others] = [[...missed].filter((store) => store.wanted), new Set(missed)];
    for (const store of looked) {
      others.delete(store);
      void store.catchUp();
    }
    const pages = Math.min(this.#pages, RELOAD_PAGES_MAX);
    const listed = new Set<ThreadStore>();
    this.#pages = 0;
    try {
      await this.#count();
      let next: string | null = null;
      do next = await this.#page(next, (store) => listed.add(store));
      while (next !== null && this.#pages < pages);
      // The user may have been removed from threads that the whole list does not have.
      for (const store of this.#stores.values()) if (next === null && store.summary) others.add(store);
    } finally {
      for (const store of listed) others.delete(store);
      for (const store of others) void store.catchUp();
    }
  }

  async #page(cursor: string | null, seen: (store: ThreadStore) => void = () => {}): Promise<string | null> {
    const { threads, next } = await this.#deps.rest.get<ThreadsPage>("threads", { limit: PAGE, cursor });
    this.#next = next;
    this.#pages++;
    // Pages are ordered by activity. Where that was no message, only the order itself says when it was.
    let activeAt = 0;
    for (const thread of [...threads].reverse()) {
      activeAt = Math.max(activeAt, Date.parse(thread.last_message?.sent_at ?? thread.created_at));
      const store = this.store(thread.id);
      store.applySnapshot(thread, activeAt);
      seen(store);
    }
    return next;
  }

  async #count(): Promise<void> {
    this.#counts = (await this.#deps.rest.get<Unread>("unread-count")).threads;
  }

  #load(name: string, run: () => Promise<unknown>): Promise<void> {
    const before = this.#loading ?? Promise.resolve();
    const loading: Promise<void> = before
      .then(run)
      .then(() => null, ThreadlineError.from)
      .then((error) => {
        this.#error = error;
        this.#retrier.record(name, error, () => void this.#load(name, run));
        if (this.#loading === loading) this.#loading = undefined;
        this.#changed();
      });
    this.#loading = loading;
    this.#changed();
    return loading;
  }

  #state(): ThreadsState {
    const summaries = [...this.#stores.values()].flatMap((store) => store.summary ?? []);
    summaries.sort((one, other) => other.activeAt - one.activeAt || (one.thread.id < other.thread.id ? 1 : -1));
    return {
      threads: summaries.map((summary) => summary.thread),
      loading: this.#loading !== undefined,
      hasMore: Boolean(this.#next),
      error: this.#error,
    };
  }

  #unread(): Unread {
    const threads = { ...this.#counts };
    for (const [id, store] of this.#stores) {
      const unread = store.summary?.thread.unread;
      if (unread !== undefined) threads[id] = unread;
      if (!threads[id] || store.gone) delete threads[id];
    }
    return { total: Object.values(threads).reduce((sum, count) => sum + count, 0), threads };
  }

  #changed(): void {
    this.list.changed();
    this.unread.changed();
  }
}
