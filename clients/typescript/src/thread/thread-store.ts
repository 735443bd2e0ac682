import type { EventsPage, Message, Thread, ThreadEvent, Written } from "../api/types.js";
import { Timer } from "../clock.js";
import { ThreadlineError } from "../errors.js";
import type { Rest } from "../net/rest.js";
import type { Op } from "../outbox/op.js";
import { Retrier, type RetrierDeps } from "../retrier.js";
import { ComputedStore, type Notifier } from "../store.js";
import { History } from "./history.js";
import { type ChatMessage, overlaid } from "./message.js";
import { Sequencer } from "./sequencer.js";
import { type Summary, summaryOf, summaryOfNew, withEvent, withNames, withRead } from "./summary.js";
import { Typists } from "./typists.js";

/** A thread's own data. */
export interface ThreadState {
  /** Null until it is loaded, and when the user is not in the thread (any more). */
  readonly thread: Thread | null;
  readonly loading: boolean;
  readonly error: ThreadlineError | null;
}

/** A thread's newest messages, oldest first. */
export interface MessagesState {
  readonly messages: readonly ChatMessage[];
  readonly loading: boolean;
  /** Whether the newest messages are loaded; until then `messages` holds only what waits to be sent. */
  readonly loaded: boolean;
  /** Whether there are older messages than those loaded. */
  readonly hasOlder: boolean;
  readonly error: ThreadlineError | null;
}

/**
 * An event of the thread, or `reset` when too many were missed to deliver them one by one: reload what you made of
 * them.
 */
export type ThreadUpdate = ThreadEvent | { readonly thread: string; readonly event: { readonly type: "reset" } };

export interface ThreadStoreDeps extends RetrierDeps {
  /** The user's id; empty until it is known. */
  me(): string;
  /** Whether there has been a session: what is loaded before the first one is not continued by its events. */
  live(): boolean;
  rest: Rest;
  notifier: Notifier;
  /** Returns the ops that wait in a thread. */
  ops(thread: string): readonly Op[];
  /** Called when a message of the user's own has arrived in the thread. */
  arrived(message: Message, position: string | null): void;
  /** Called once for each event by which the user edited (to this content) or deleted (null) a message. */
  applied(message: string, content: string | null, written: Written): void;
  /** Called when what the list shows of the thread has changed. */
  onSummary(): void;
}

const EVENTS_PAGE = 200;
/** When more events than this were missed, the thread is reloaded instead. */
const FILL_EVENTS_MAX = 1_000;
/** Events buffered until the snapshot that they continue has arrived. */
const BUFFERED_EVENTS_MAX = 512;
/** Messages that stay loaded of a thread without listeners. */
const IDLE_MESSAGES_MAX = 100;
/**
 * Delay before the thread is loaded for what events do not carry: it gathers several reasons, and read marks take a
 * moment to be counted.
 */
const SOON_MS = 300;
/** Loads in a row for an unread count that became unsure. */
const UNSURE_TRIES_MAX = 5;

/** Holds one thread as this client knows it: a snapshot, continued by events. */
export class ThreadStore {
  #summary: Summary | undefined;
  #sequence: Sequencer<ThreadEvent> | undefined;
  /** Position of the newest known event: reads must include it. */
  #position: string | undefined;
  #bufferedEvents: ThreadEvent[] = [];
  /** Whether events were missed that the server will not send by itself. */
  #missed = false;
  /** The seq at which the user was removed: earlier snapshots are outdated. */
  #leftAt = 0;
  #unsureTries = 0;
  #listeners = new Set<(event: ThreadUpdate) => void>();
  #running = new Map<string, Promise<void>>();
  #error: ThreadlineError | null = null;
  readonly #history: History;
  readonly #soon: Timer;
  readonly #retrier: Retrier;
  readonly state: ComputedStore<ThreadState>;
  readonly messages: ComputedStore<MessagesState>;
  readonly typists: Typists;

  readonly id: string;
  readonly #deps: ThreadStoreDeps;

  constructor(id: string, deps: ThreadStoreDeps) {
    this.id = id;
    this.#deps = deps;
    const { notifier, clock, rest } = deps;
    this.#soon = new Timer(clock);
    this.#retrier = new Retrier(deps);
    this.#history = new History((query) => rest.get(`threads/${id}/messages`, { ...query, at_least: this.#position }));
    this.typists = new Typists(clock, notifier);
    this.state = new ComputedStore(
      notifier,
      () => ({ thread: this.#summary?.thread ?? null, loading: this.#running.has("thread"), error: this.#error }),
      {
        onFirst: () => {
          if (!this.#summary?.whole && deps.live()) void this.load();
        },
      },
    );
    this.messages = new ComputedStore(
      notifier,
      () => ({
        messages: overlaid(this.#history.messages, deps.ops(id), deps.me()),
        loading: this.#running.has("open") || this.#running.has("older"),
        loaded: this.#history.loaded,
        hasOlder: this.#history.hasOlder,
        error: this.#error,
      }),
      {
        onFirst: () => {
          if (deps.live()) void this.open();
        },
        onNone: () => this.trim(IDLE_MESSAGES_MAX),
      },
    );
  }

  get summary(): Summary | undefined {
    return this.#summary;
  }

  /** Whether there are listeners. */
  get wanted(): boolean {
    return this.#followed || this.state.active;
  }

  /** Whether the user is known not to be in the thread. */
  get gone(): boolean {
    return !this.#summary && (this.#error?.code === "not_a_member" || this.#error?.code === "unknown_thread");
  }

  listen(listener: (event: ThreadUpdate) => void): () => void {
    const own = (event: ThreadUpdate) => listener(event);
    this.#listeners.add(own);
    if (!this.#sequence && this.#deps.live()) void this.load();
    return () => void this.#listeners.delete(own);
  }

  /** Applies an event. Events may come in any order, and repeatedly. */
  onEvent(event: ThreadEvent): void {
    if (!this.#sequence) return this.#bufferEvent(event);
    if (event.seq > this.#sequence.last) this.#position = event.position;
    this.#deliver(this.#sequence.accept(event));
    if (this.#sequence?.gap) void this.#fill();
  }

  onRead(user: string, number: number): void {
    if (this.#summary) this.#setSummary(withRead(this.#summary, user, number, this.#deps.me()));
  }

  onReadByMe(number: number): void {
    this.onRead(this.#deps.me(), number);
  }

  /** Applies a snapshot, then the events that arrived before it. */
  applySnapshot(thread: Thread, activeAt = 0): void {
    const before = this.#sequence ? this.#summary : undefined;
    if (thread.last_seq < this.#leftAt) return;
    // An outdated snapshot still has names, which events do not carry.
    if (before && thread.last_seq < before.thread.last_seq) return this.#setSummary(withNames(before, thread));
    const summary = summaryOf(thread, this.#deps.me(), before);
    this.#setSummary({ ...summary, activeAt: Math.max(summary.activeAt, activeAt) });
    if (!this.#sequence) {
      this.#sequence = new Sequencer(thread.last_seq);
      for (const event of this.#bufferedEvents.splice(0)) this.onEvent(event);
    } else if (!this.#followed) {
      this.#deliver(this.#sequence.skipTo(thread.last_seq));
    }
  }

  /** Loads the thread soon if this user, who is online, is shown without a name: the server may know one now. */
  onSeen(user: string): void {
    const thread = this.#summary?.thread;
    if (!thread || !(this.wanted || thread.kind === "dm")) return;
    if (thread.members.some((member) => member.user === user && member.name === null)) this.#loadSoon();
  }

  /** Loads the thread. */
  load(): Promise<void> {
    return this.#once("thread", async () => {
      this.applySnapshot(await this.#deps.rest.get<Thread>(`threads/${this.id}`, { at_least: this.#position }));
    });
  }

  /** Loads the newest messages, unless they are loaded. */
  open(): Promise<void> {
    return this.#once("open", async () => {
      if (!this.#sequence) await this.load();
      if (!this.#sequence) throw this.#error;
      if (!this.#history.loaded) await this.#history.open();
      this.#findOwn();
    });
  }

  /** Loads the messages before those loaded. */
  older(): Promise<void> {
    return this.#history.loaded ? this.#once("older", () => this.#history.older()) : this.open();
  }

  /** Drops all loaded messages but the newest `keep`. */
  trim(keep: number): void {
    this.#history.trim(keep);
    this.messages.changed();
  }

  /** To be called when a session has begun: loads what failed or is missing. */
  resume(): void {
    this.#retrier.retryNow();
    if (this.#missed) void this.catchUp();
    else if (this.#sequence?.gap) void this.#fill();
    if (this.messages.active && !this.#history.loaded) void this.open();
    const listened = this.#listeners.size > 0 || this.#bufferedEvents.length > 0;
    if ((listened && !this.#sequence) || (this.state.active && !this.#summary?.whole)) void this.load();
  }

  /** Loads events that were missed and will not come by themselves. */
  catchUp(): Promise<void> {
    this.#missed = true;
    return this.#once("catch up", async () => {
      const thread = await this.#deps.rest.get<Thread>(`threads/${this.id}`, { at_least: this.#position });
      this.#missed = false;
      this.applySnapshot(thread);
      this.#sequence?.heardOf(thread.last_seq);
      if (this.#sequence?.gap) await this.#fill();
    });
  }

  /** Discards the snapshot and reloads. Stores keep the old data until the new arrives. */
  reset(): void {
    const followed = this.#followed;
    this.#sequence = this.#position = undefined;
    this.#bufferedEvents = [];
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

  #bufferEvent(event: ThreadEvent): void {
    const born = summaryOfNew(event);
    if (born) {
      this.#sequence = new Sequencer(event.seq - 1);
      this.#setSummary(born);
      this.#loadSoon();
      return this.onEvent(event);
    }
    this.#position = event.position;
    // The newest event says how far the missing ones go: another one makes room for it.
    if (this.#bufferedEvents.length === BUFFERED_EVENTS_MAX) this.#bufferedEvents.pop();
    this.#bufferedEvents.push(event);
    void this.load();
  }

  #deliver(events: readonly ThreadEvent[]): void {
    const me = this.#deps.me();
    for (const event of events) {
      const { event: change } = event;
      this.#history.apply(event);
      if (this.#summary) this.#setSummary(withEvent(this.#summary, event, me));
      if (change.type === "message_posted") {
        this.typists.set(change.message.sender, false);
        if (change.message.sender === me) this.#deps.arrived(change.message as Message, event.position);
      }
      const { seq, position } = event;
      if (change.type === "message_edited" && change.by === me) {
        this.#deps.applied(change.message, change.content, { seq, at: change.edited_at, position });
      } else if (change.type === "message_deleted" && change.by === me) {
        this.#deps.applied(change.message, null, { seq, at: change.deleted_at, position });
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

  /** Loads the events that are missing between those known. */
  #fill(): Promise<void> {
    return this.#once("fill", async () => {
      const sequence = this.#sequence;
      while (sequence?.gap && sequence.gap <= FILL_EVENTS_MAX) {
        const query = { after_seq: sequence.last, limit: EVENTS_PAGE, at_least: this.#position };
        const { events } = await this.#deps.rest.get<EventsPage>(`threads/${this.id}/events`, query);
        if (this.#sequence !== sequence) return;
        for (const event of events) this.#deliver(sequence.accept(event));
        if (events.length === 0) break;
      }
      if (sequence?.gap && this.#sequence === sequence) this.reset();
    });
  }

  /** Confirms posts whose answers were lost, by the messages loaded. */
  #findOwn(): void {
    for (const op of this.#deps.ops(this.id)) {
      const message = op.type === "send" ? this.#history.find(op.id) : undefined;
      if (message) this.#deps.arrived(message, null);
    }
  }

  /** Runs a task, unless one of this name is running. Keeps its error for the stores. */
  #once(name: string, run: () => Promise<void>): Promise<void> {
    const running = this.#running.get(name);
    if (running) return running;
    const settle = (error: ThreadlineError | null) => {
      this.#running.delete(name);
      this.#error = error;
      // Older messages are loaded again when the user asks for them.
      if (name !== "older") this.#retrier.record(name, error, () => void this.#once(name, run));
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
    this.#bufferedEvents = [];
    this.#missed = false;
    this.#history.clear();
    this.typists.clear();
    this.state.changed();
    this.messages.changed();
    this.#deps.onSummary();
  }

  /** Loads the thread for what events do not carry, such as members' names. */
  #loadSoon(): void {
    this.#soon.set(() => void this.load(), SOON_MS);
  }

  #setSummary(summary: Summary): void {
    if (summary === this.#summary) return;
    const counted = summary.unsure ? this.#history.countAbove(summary.myRead, this.#deps.me()) : undefined;
    const sure =
      counted === undefined ? summary : { ...summary, thread: { ...summary.thread, unread: counted }, unsure: false };
    this.#summary = sure;
    if (!sure.unsure) this.#unsureTries = 0;
    else if (this.#unsureTries++ < UNSURE_TRIES_MAX) this.#loadSoon();
    this.state.changed();
    this.#deps.onSummary();
  }
}
