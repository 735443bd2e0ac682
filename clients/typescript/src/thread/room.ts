import { Again, type AgainDeps } from "../again.js";
import type { EventsPage, Message, Thread, ThreadEvent, Written } from "../api/types.js";
import { Timer } from "../clock.js";
import { ThreadlineError } from "../errors.js";
import type { Rest } from "../net/rest.js";
import type { Op } from "../outbox/op.js";
import { type Teller, View } from "../store.js";
import { History } from "./history.js";
import { type ChatMessage, overlaid } from "./message.js";
import { Sequencer } from "./sequencer.js";
import { type Summary, summaryOf, summaryOfNew, withEvent, withNames, withRead } from "./summary.js";
import { Typists } from "./typists.js";

/** A thread's own data. */
export interface ThreadState {
  /** Null until it is loaded, and when one is not in the thread (any more). */
  readonly thread: Thread | null;
  readonly loading: boolean;
  readonly error: ThreadlineError | null;
}

/** A thread's newest messages, oldest first. */
export interface MessagesState {
  readonly messages: readonly ChatMessage[];
  readonly loading: boolean;
  /** Whether the newest ones are here: without them, the messages are only what waits to be sent. */
  readonly loaded: boolean;
  /** Whether there are older ones than those loaded. */
  readonly hasOlder: boolean;
  readonly error: ThreadlineError | null;
}

/** An event of the thread; `reset` when so many were missed that they are not told one by one. */
export type RoomEvent = ThreadEvent | { readonly thread: string; readonly event: { readonly type: "reset" } };

export interface RoomDeps extends AgainDeps {
  /** The user's id; empty until it is known. */
  me(): string;
  /** Whether there has been a session: what is loaded before one is not continued by it. */
  live(): boolean;
  rest: Rest;
  teller: Teller;
  /** What waits to be done in a thread. */
  ops(thread: string): readonly Op[];
  /** A message of one's own has turned up in the thread. */
  arrived(message: Message, position: string | null): void;
  /** The user has edited or deleted a message. Called once for each such event. */
  applied(message: string, content: string | null, written: Written): void;
  /** What the list shows of a thread has changed. */
  onSummary(): void;
}

const EVENTS_PAGE = 200;
/** More missed events than this are not fetched: the thread is loaded anew. */
const FILL_EVENTS_MAX = 1_000;
/** Events kept until the snapshot that they continue is there. */
const EARLY_MAX = 512;
/** Messages that stay loaded of a thread that nobody looks at. */
const IDLE_MESSAGES_MAX = 100;
/** What events do not tell is fetched after this time: several come together, and marks take a moment to count. */
const SOON_MS = 300;
/** How often an unread count that became unsure is fetched. */
const UNSURE_TRIES_MAX = 5;

/** One thread as this client knows it: a snapshot, continued by events. */
export class Room {
  #summary: Summary | undefined;
  #sequence: Sequencer<ThreadEvent> | undefined;
  /** Where the newest event lies that was heard of: reads are to include it. */
  #position: string | undefined;
  #early: ThreadEvent[] = [];
  /** Events were missed that will not come by themselves. */
  #missed = false;
  /** The seq at which one was put out: snapshots from before do not count. */
  #leftAt = 0;
  #unsureTries = 0;
  #listeners = new Set<(event: RoomEvent) => void>();
  #running = new Map<string, Promise<void>>();
  #error: ThreadlineError | null = null;
  readonly #history: History;
  readonly #soon: Timer;
  readonly #again: Again;
  readonly state: View<ThreadState>;
  readonly messages: View<MessagesState>;
  readonly typists: Typists;

  constructor(
    readonly id: string,
    private readonly deps: RoomDeps,
  ) {
    const { teller, clock, rest } = deps;
    this.#soon = new Timer(clock);
    this.#again = new Again(deps);
    this.#history = new History((query) => rest.get(`threads/${id}/messages`, { ...query, at_least: this.#position }));
    this.typists = new Typists(clock, teller);
    this.state = new View(
      teller,
      () => ({ thread: this.#summary?.thread ?? null, loading: this.#running.has("thread"), error: this.#error }),
      () => {
        if (!this.#summary?.whole && deps.live()) void this.load();
      },
    );
    this.messages = new View(
      teller,
      () => ({
        messages: overlaid(this.#history.messages, deps.ops(id), deps.me()),
        loading: this.#running.has("open") || this.#running.has("older"),
        loaded: this.#history.loaded,
        hasOlder: this.#history.hasOlder,
        error: this.#error,
      }),
      () => {
        if (deps.live()) void this.open();
      },
      () => this.trim(IDLE_MESSAGES_MAX),
    );
  }

  get summary(): Summary | undefined {
    return this.#summary;
  }

  /** Whether somebody looks at it. */
  get wanted(): boolean {
    return this.#followed || this.state.active;
  }

  /** Whether one is known not to be in it. */
  get gone(): boolean {
    return !this.#summary && (this.#error?.code === "not_a_member" || this.#error?.code === "unknown_thread");
  }

  listen(listener: (event: RoomEvent) => void): () => void {
    const own = (event: RoomEvent) => listener(event);
    this.#listeners.add(own);
    if (!this.#sequence && this.deps.live()) void this.load();
    return () => void this.#listeners.delete(own);
  }

  /** Takes in an event, in whatever order and however often they come. */
  onEvent(event: ThreadEvent): void {
    if (!this.#sequence) return this.#onEarly(event);
    if (event.seq > this.#sequence.last) this.#position = event.position;
    this.#deliver(this.#sequence.accept(event));
    if (this.#sequence?.gap) void this.#fill();
  }

  onRead(user: string, number: number): void {
    if (this.#summary) this.#setSummary(withRead(this.#summary, user, number, this.deps.me()));
  }

  /** One marks it as read oneself. */
  onReadByMe(number: number): void {
    this.onRead(this.deps.me(), number);
  }

  /** Takes in a snapshot, and continues it with what has come already. */
  absorb(thread: Thread, activeAt = 0): void {
    const before = this.#sequence ? this.#summary : undefined;
    if (thread.last_seq < this.#leftAt) return;
    // Late it may be; of people it knows more than events do.
    if (before && thread.last_seq < before.thread.last_seq) return this.#setSummary(withNames(before, thread));
    const summary = summaryOf(thread, this.deps.me(), before);
    this.#setSummary({ ...summary, activeAt: Math.max(summary.activeAt, activeAt) });
    if (!this.#sequence) {
      this.#sequence = new Sequencer(thread.last_seq);
      for (const event of this.#early.splice(0)) this.onEvent(event);
    } else if (!this.#followed) {
      this.#deliver(this.#sequence.skipTo(thread.last_seq));
    }
  }

  /** A user is there: the thread is fetched if that is how a name becomes known that is shown. */
  onSeen(user: string): void {
    const thread = this.#summary?.thread;
    if (!thread || !(this.wanted || thread.kind === "dm")) return;
    if (thread.members.some((member) => member.user === user && member.name === null)) this.#loadSoon();
  }

  /** Fetches the thread. */
  load(): Promise<void> {
    return this.#once("thread", async () => {
      this.absorb(await this.deps.rest.get<Thread>(`threads/${this.id}`, { at_least: this.#position }));
    });
  }

  /** Fetches the newest messages, unless they are there. */
  open(): Promise<void> {
    return this.#once("open", async () => {
      if (!this.#sequence) await this.load();
      if (!this.#sequence) throw this.#error;
      if (!this.#history.loaded) await this.#history.open();
      this.#findOwn();
    });
  }

  /** Fetches the messages below those loaded. */
  older(): Promise<void> {
    return this.#once("older", async () => {
      if (this.#history.loaded) await this.#history.older();
      else await this.open();
    });
  }

  /** Forgets all but the newest of those loaded. */
  trim(keep: number): void {
    this.#history.trim(keep);
    this.messages.changed();
  }

  /** A connection is there again: what failed or is missing is fetched. */
  resume(): void {
    this.#again.now();
    if (this.#missed) void this.catchUp();
    else if (this.#sequence?.gap) void this.#fill();
    if (this.messages.active && !this.#history.loaded) void this.open();
    const listened = this.#listeners.size > 0 || this.#early.length > 0;
    if ((listened && !this.#sequence) || (this.state.active && !this.#summary?.whole)) void this.load();
  }

  /** Events were missed that will not come by themselves. */
  catchUp(): Promise<void> {
    this.#missed = true;
    return this.#once("catch up", async () => {
      const thread = await this.deps.rest.get<Thread>(`threads/${this.id}`, { at_least: this.#position });
      this.#missed = false;
      this.absorb(thread);
      this.#sequence?.heardOf(thread.last_seq);
      if (this.#sequence?.gap) await this.#fill();
    });
  }

  /** What is known does not count any more; it is shown until it is replaced. */
  reset(): void {
    const followed = this.#followed;
    this.#sequence = this.#position = undefined;
    this.#early = [];
    this.#missed = false;
    this.#leftAt = 0;
    this.#history.clear();
    if (followed || this.state.active) void this.load();
    if (this.messages.active) void this.open();
    this.messages.changed();
    for (const listener of [...this.#listeners]) listener({ thread: this.id, event: { type: "reset" } });
  }

  get #followed(): boolean {
    return this.#history.loaded || this.#listeners.size > 0 || this.messages.active;
  }

  #onEarly(event: ThreadEvent): void {
    const born = summaryOfNew(event);
    if (born) {
      this.#sequence = new Sequencer(event.seq - 1);
      this.#setSummary(born);
      this.#loadSoon();
      return this.onEvent(event);
    }
    this.#position = event.position;
    // The newest one tells how far the missing ones go.
    if (this.#early.length === EARLY_MAX) this.#early.pop();
    this.#early.push(event);
    void this.load();
  }

  #deliver(events: readonly ThreadEvent[]): void {
    const me = this.deps.me();
    for (const event of events) {
      const { event: change } = event;
      this.#history.apply(event);
      if (this.#summary) this.#setSummary(withEvent(this.#summary, event, me));
      if (change.type === "message_posted") {
        this.typists.set(change.message.sender, false);
        if (change.message.sender === me) this.deps.arrived(change.message as Message, event.position);
      }
      const { seq, position } = event;
      if (change.type === "message_edited" && change.by === me) {
        this.deps.applied(change.message, change.content, { seq, at: change.edited_at, position });
      } else if (change.type === "message_deleted" && change.by === me) {
        this.deps.applied(change.message, null, { seq, at: change.deleted_at, position });
      }
      for (const listener of [...this.#listeners]) listener(event);
      if (change.type === "member_added" && this.wanted) this.#loadSoon();
      if (change.type === "member_removed" && change.user === me) {
        this.#leftAt = event.seq;
        this.#error = new ThreadlineError("not_a_member", "you are not in this thread any more", false);
        return this.#forget();
      }
    }
    if (events.length === 0 || !this.#history.loaded) return;
    if (!this.messages.active) this.#history.trim(IDLE_MESSAGES_MAX);
    this.messages.changed();
  }

  /** Fetches the events that are missing. */
  #fill(): Promise<void> {
    return this.#once("fill", async () => {
      const sequence = this.#sequence;
      while (sequence?.gap && sequence.gap <= FILL_EVENTS_MAX) {
        const query = { after_seq: sequence.last, limit: EVENTS_PAGE, at_least: this.#position };
        const { events } = await this.deps.rest.get<EventsPage>(`threads/${this.id}/events`, query);
        if (this.#sequence !== sequence) return;
        for (const event of events) this.#deliver(sequence.accept(event));
        if (events.length === 0) break;
      }
      if (sequence?.gap && this.#sequence === sequence) this.reset();
    });
  }

  /** Messages of one's own may have been posted by a request whose answer was lost. */
  #findOwn(): void {
    for (const op of this.deps.ops(this.id)) {
      const message = op.type === "send" ? this.#history.find(op.id) : undefined;
      if (message) this.deps.arrived(message, null);
    }
  }

  /** Does a thing of this name once at a time. Errors are kept for the stores. */
  #once(name: string, run: () => Promise<void>): Promise<void> {
    const running = this.#running.get(name);
    if (running) return running;
    const settle = (error: ThreadlineError | null) => {
      this.#running.delete(name);
      this.#error = error;
      // Older messages are asked for by who wants them.
      if (name !== "older") this.#again.settled(name, error, () => void this.#once(name, run));
      if (error?.code === "unknown_thread" || error?.code === "not_a_member") this.#forget();
      this.state.changed();
      this.messages.changed();
    };
    const done = run().then(
      () => settle(null),
      (thrown: unknown) => settle(ThreadlineError.from(thrown)),
    );
    this.#running.set(name, done);
    this.state.changed();
    this.messages.changed();
    return done;
  }

  #forget(): void {
    this.#soon.clear();
    this.#summary = this.#sequence = undefined;
    this.#early = [];
    this.#missed = false;
    this.#history.clear();
    this.typists.clear();
    this.state.changed();
    this.messages.changed();
    this.deps.onSummary();
  }

  /** Events do not tell everything, such as members' names. */
  #loadSoon(): void {
    this.#soon.set(() => void this.load(), SOON_MS);
  }

  #setSummary(summary: Summary): void {
    if (summary === this.#summary) return;
    const counted = summary.unsure ? this.#history.countAbove(summary.myRead, this.deps.me()) : undefined;
    const sure =
      counted === undefined ? summary : { ...summary, thread: { ...summary.thread, unread: counted }, unsure: false };
    this.#summary = sure;
    if (!sure.unsure) this.#unsureTries = 0;
    else if (this.#unsureTries++ < UNSURE_TRIES_MAX) this.#loadSoon();
    this.state.changed();
    this.deps.onSummary();
  }
}
