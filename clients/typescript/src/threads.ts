import { Again } from "./again.js";
import type { Thread, ThreadEvent, ThreadsPage, Unread } from "./api/types.js";
import { ThreadlineError } from "./errors.js";
import type { Rest } from "./net/rest.js";
import { type Teller, View } from "./store.js";
import { Room, type RoomDeps } from "./thread/room.js";

/** The user's threads, latest activity first. */
export interface ThreadsState {
  readonly threads: readonly Thread[];
  readonly loading: boolean;
  /** Whether there are further ones than those loaded. */
  readonly hasMore: boolean;
  readonly error: ThreadlineError | null;
}

const PAGE = 50;
/** Pages that are loaded again after events were missed. */
const RELOAD_PAGES_MAX = 4;

export interface ThreadsDeps extends Omit<RoomDeps, "onSummary"> {
  rest: Rest;
  teller: Teller;
}

/** All threads that this client knows of, and the list of them. */
export class Threads {
  #rooms = new Map<string, Room>();
  /** The cursor of the next page; undefined before the first. */
  #next: string | null | undefined;
  #pages = 0;
  #loading: Promise<void> | undefined;
  #error: ThreadlineError | null = null;
  /** Unread counts of threads that are not loaded. */
  #counts: Record<string, number> | undefined;
  #started = false;
  readonly #again: Again;
  /** Users who were there during this session. */
  #seen = new Set<string>();
  readonly list: View<ThreadsState>;
  readonly unread: View<Unread>;

  constructor(private readonly deps: ThreadsDeps) {
    this.#again = new Again(deps);
    this.list = new View(
      deps.teller,
      () => this.#state(),
      () => this.start(),
    );
    this.unread = new View(
      deps.teller,
      () => this.#unread(),
      () => this.start(),
    );
  }

  room(id: string): Room {
    let room = this.#rooms.get(id);
    if (!room) {
      room = new Room(id, { ...this.deps, onSummary: () => this.#changed() });
      this.#rooms.set(id, room);
    }
    return room;
  }

  /** A thread, if it is known already. */
  find(id: string): Room | undefined {
    return this.#rooms.get(id);
  }

  /** Loads the list, once, and keeps it from then on. */
  start(): void {
    this.#started = true;
    if (!this.deps.live() || this.#loading || (this.#next !== undefined && this.#counts && !this.#error)) return;
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
    const known = this.#rooms.get(event.thread);
    if (known || this.#started) (known ?? this.room(event.thread)).onEvent(event);
  }

  onRead(thread: string, user: string, number: number): void {
    const room = this.#rooms.get(thread);
    if (room) room.onRead(user, number);
    else if (this.#counts?.[thread] && user === this.deps.me()) void this.room(thread).load();
  }

  /** A user is there; one who never was before has a name only now. */
  onSeen(user: string): void {
    if (this.#seen.has(user)) return;
    this.#seen.add(user);
    for (const room of this.#rooms.values()) room.onSeen(user);
  }

  /** A session has begun. */
  onUp(): void {
    for (const room of this.#rooms.values()) room.resume();
    if (this.#started) this.start();
  }

  onDown(): void {
    this.#seen.clear();
    for (const room of this.#rooms.values()) room.typists.clear();
  }

  /** Events of these threads will not come; without any, of all. `lost`: nothing of what is known counts any more. */
  onResync(threads: readonly string[], lost: boolean): void {
    const missed = new Set<Room>();
    for (const [id, room] of [...this.#rooms]) {
      if (!lost && threads.length > 0 && !threads.includes(id)) continue;
      if (lost && !room.wanted) this.#rooms.delete(id);
      else if (lost) room.reset();
      else missed.add(room);
    }
    if (this.#next !== undefined) void this.#load("again", () => this.#reload(missed));
    else for (const room of missed) void room.catchUp();
  }

  /** Brings the list up to now. Rooms that nobody looks at need no more than what it says of them. */
  async #reload(missed: Set<Room>): Promise<void> {
    const [looked, others] = [[...missed].filter((room) => room.wanted), new Set(missed)];
    for (const room of looked) {
      others.delete(room);
      void room.catchUp();
    }
    const pages = Math.min(this.#pages, RELOAD_PAGES_MAX);
    const listed = new Set<Room>();
    this.#pages = 0;
    try {
      await this.#count();
      let next: string | null = null;
      do next = await this.#page(next, (room) => listed.add(room));
      while (next !== null && this.#pages < pages);
      // Those that a whole list does not have may be ones that the user was put out of.
      for (const room of this.#rooms.values()) if (next === null && room.summary) others.add(room);
    } finally {
      for (const room of listed) others.delete(room);
      for (const room of others) void room.catchUp();
    }
  }

  async #page(cursor: string | null, seen: (room: Room) => void = () => {}): Promise<string | null> {
    const { threads, next } = await this.deps.rest.get<ThreadsPage>("threads", { limit: PAGE, cursor });
    this.#next = next;
    this.#pages++;
    // Pages are in the order of activity, which is told only by the order itself where it was not a message.
    let activeAt = 0;
    for (const thread of [...threads].reverse()) {
      activeAt = Math.max(activeAt, Date.parse(thread.last_message?.sent_at ?? thread.created_at));
      const room = this.room(thread.id);
      room.absorb(thread, activeAt);
      seen(room);
    }
    return next;
  }

  async #count(): Promise<void> {
    this.#counts = (await this.deps.rest.get<Unread>("unread-count")).threads;
  }

  #load(name: string, run: () => Promise<unknown>): Promise<void> {
    const before = this.#loading ?? Promise.resolve();
    const loading: Promise<void> = before
      .then(run)
      .then(() => null, ThreadlineError.from)
      .then((error) => {
        this.#error = error;
        this.#again.settled(name, error, () => void this.#load(name, run));
        if (this.#loading === loading) this.#loading = undefined;
        this.#changed();
      });
    this.#loading = loading;
    this.#changed();
    return loading;
  }

  #state(): ThreadsState {
    const summaries = [...this.#rooms.values()].flatMap((room) => room.summary ?? []);
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
    for (const [id, room] of this.#rooms) {
      const unread = room.summary?.thread.unread;
      if (unread !== undefined) threads[id] = unread;
      if (!threads[id] || room.gone) delete threads[id];
    }
    return { total: Object.values(threads).reduce((sum, count) => sum + count, 0), threads };
  }

  #changed(): void {
    this.list.changed();
    this.unread.changed();
  }
}
