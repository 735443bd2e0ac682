import type { ErrorBody, Limits, PresenceStatus, ServerFrame, Welcome } from "./api/frames.js";
import type { CreateThread, Message, Thread, Unread, User, Written } from "./api/types.js";
import { type Clock, systemClock } from "./clock.js";
import { ThreadlineError } from "./errors.js";
import { Ids } from "./ids.js";
import { Connection, type ConnectionState } from "./net/connection.js";
import { Rest } from "./net/rest.js";
import { socketsOf, type WebSocketClass } from "./net/socket.js";
import { type GetToken, Tokens } from "./net/tokens.js";
import { refusalOf } from "./outbox/check.js";
import { messageOf, type Op, textOf } from "./outbox/op.js";
import { Outbox } from "./outbox/outbox.js";
import { owner } from "./outbox/owner.js";
import { indexedDbStorage, memoryStorage, type OutboxStorage } from "./outbox/storage.js";
import { Presence } from "./presence.js";
import { ComputedStore, Notifier, type Store } from "./store.js";
import { ThreadHandle } from "./thread/handle.js";
import { Threads, type ThreadsState } from "./threads.js";
import { onWake } from "./wake.js";

/** What a client is made with; `url` and `getToken` are required, the rest has defaults. */
export interface ClientOptions {
  /** The address of any edge, such as `https://chat.example.org`. */
  url: string;
  /** Returns a valid token. Called for every connection, and whenever a token expires. */
  getToken: GetToken;
  /**
   * The user's id, if you know it. With it, what waited when the page was closed is shown and kept even before the
   * first connection; without it, from the first connection on.
   */
  user?: string;
  /** Where unsent ops are kept. Default: IndexedDB, or memory where there is none. */
  storage?: OutboxStorage;
  /** The WebSocket class. Default: the global one; needed in Node before 22. */
  webSocket?: WebSocketClass;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Time and timers. Default: the system's; tests bring their own. */
  clock?: Clock;
  /** Returns random numbers from 0 to 1, for backoff. Default: `Math.random`. */
  random?: () => number;
}

/** An op that waits or has failed. */
export interface OutboxOp {
  readonly id: string;
  readonly thread: string;
  readonly type: Op["type"];
  /** The message that the op is about; undefined for a read mark. */
  readonly message: string | undefined;
  /** The text of a send or an edit. */
  readonly content: string | undefined;
  /** When it was added, milliseconds since the epoch. */
  readonly at: number;
  /** Why the op failed; null while it waits. */
  readonly error: ErrorBody | null;
}

/** The ops that wait or have failed. */
export interface OutboxState {
  /** All ops, oldest first, read marks included. */
  readonly ops: readonly OutboxOp[];
  /** How many ops wait, and how many have failed; read marks are not counted. */
  readonly pending: number;
  readonly failed: number;
  /** Whether the ops survive the page. */
  readonly durable: boolean;
}

/**
 * A user's threads, over one socket. Data is loaded when a store gets its first subscriber and kept up to date from
 * then on.
 */
export class Client {
  readonly connection: Store<ConnectionState>;
  /** The user's id; empty until it is known. */
  readonly user: Store<string>;
  /** The limits that the server states; null until the first session. */
  readonly limits: Store<Limits | null>;
  /** The user's threads, latest activity first. */
  readonly threads: Store<ThreadsState>;
  /** Unread counts, in total and by thread. */
  readonly unread: Store<Unread>;
  /** What waits to be sent, and what failed. */
  readonly outbox: Store<OutboxState>;
  readonly #connection: Connection;
  readonly #threads: Threads;
  readonly #outbox: Outbox;
  readonly #presence: Presence;
  readonly #rest: Rest;
  readonly #ids: Ids;
  readonly #user: ComputedStore<string>;
  readonly #limitsView: ComputedStore<Limits | null>;
  readonly #outboxView: ComputedStore<OutboxState>;
  readonly #handles = new Map<string, ThreadHandle>();
  readonly #clock: Clock;
  readonly #url: string;
  readonly #unlisten: () => void;
  #me: string;
  #limits: Limits | null = null;
  #away = false;
  #live = false;

  constructor(options: ClientOptions) {
    const url = new URL(options.url).href.replace(/\/+$/, "");
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    const tokens = new Tokens(options.getToken, clock);
    const notifier = new Notifier(clock);
    this.#url = url;
    this.#clock = clock;
    this.#me = options.user ?? "";
    this.#ids = new Ids(clock);
    this.#rest = new Rest({ url, tokens, fetch: options.fetch ?? ((...call) => fetch(...call)), clock, random });
    this.#connection = new Connection({
      url: `${url.replace(/^http/, "ws")}/ws`,
      tokens,
      open: socketsOf(options.webSocket),
      clock,
      random,
      notifier,
      onWelcome: (welcome, resumed) => this.#onWelcome(welcome, resumed),
      onFrame: (frame) => this.#onFrame(frame),
      onDown: () => this.#onDown(),
    });
    this.#outbox = new Outbox({
      storage: options.storage ?? ("indexedDB" in globalThis ? indexedDbStorage() : memoryStorage()),
      owner: owner(this.#ids.mint()),
      ids: this.#ids,
      clock,
      random,
      refusalOf: (newOp) => refusalOf(newOp, this.#limits),
      submit: (op) => this.#submit(op),
      onChange: (thread) => this.#onOutbox(thread),
    });
    this.#threads = new Threads({
      me: () => this.#me,
      live: () => this.#live,
      up: () => this.#connection.up,
      rest: this.#rest,
      clock,
      random,
      notifier,
      ops: (thread) => this.#outbox.of(thread),
      arrived: (message, position) => this.#arrived(message, position),
      applied: (message, content, written) => this.#outbox.applied(message, content, written),
    });
    this.#presence = new Presence(notifier, clock);
    this.#user = new ComputedStore(notifier, () => this.#me);
    this.#limitsView = new ComputedStore(notifier, () => this.#limits);
    this.#outboxView = new ComputedStore(notifier, () => this.#outboxState());
    this.connection = this.#connection.state;
    this.user = this.#user;
    this.limits = this.#limitsView;
    this.threads = this.#threads.list;
    this.unread = this.#threads.unread;
    this.outbox = this.#outboxView;
    this.#unlisten = onWake(() => {
      this.#connection.wake();
      void this.#outbox.adopt();
    });
    if (this.#me) void this.#outbox.open(this.#scope);
  }

  /**
   * Connects, and reconnects until {@link disconnect} is called. While the client waits for its next attempt, makes it
   * now.
   */
  connect(): void {
    this.#connection.connect();
  }

  /** Closes the connection. What is sent meanwhile waits in the outbox. */
  disconnect(): void {
    this.#connection.disconnect();
  }

  /** Ends the client. What waits stays in storage for the next one. */
  close(): void {
    this.disconnect();
    this.#outbox.close();
    this.#unlisten();
  }

  /** Returns the handle of a thread. The same id gives the same handle. */
  thread(id: string): ThreadHandle {
    let handle = this.#handles.get(id);
    if (!handle) {
      const store = (id: string) => this.#threads.store(id);
      const deps = { store, outbox: this.#outbox, connection: this.#connection, rest: this.#rest, clock: this.#clock };
      handle = new ThreadHandle(id, deps);
      this.#handles.set(id, handle);
    }
    return handle;
  }

  /** Loads the next page of threads into {@link threads}. A failure is in its `error`. */
  moreThreads(): Promise<void> {
    return this.#threads.more();
  }

  /**
   * Creates a thread. A dm of these two people, or a thread with this key, that exists is returned.
   *
   * @throws {ThreadlineError} `invalid_field`, `key_taken`, …
   * @example const { id } = await client.createThread({ kind: "dm", participants: ["ben"] });
   */
  async createThread(create: CreateThread): Promise<Thread> {
    const thread = await this.#rest.repeat<Thread>("POST", "threads", { body: create, key: this.#ids.mint() });
    this.#threads.store(thread.id).applySnapshot(thread);
    return thread;
  }

  /**
   * Looks a user up by id. Returns null if nobody has signed in with this id yet: you can write to anyone before that,
   * so this tells a mistyped id from a person.
   *
   * @throws {ThreadlineError} when the server cannot be asked
   */
  async findUser(id: string): Promise<User | null> {
    try {
      return await this.#rest.get<User>(`users/${encodeURIComponent(id)}`);
    } catch (thrown) {
      if (ThreadlineError.from(thrown).code === "unknown_user") return null;
      throw thrown;
    }
  }

  /** Sends all failed ops again. Returns whether there were any. */
  retryFailed(): boolean {
    return this.#outbox.retry();
  }

  /** Drops all failed ops, also of threads that are gone. Returns whether there were any. */
  discardFailed(): boolean {
    return this.#outbox.discard();
  }

  /** The presence of a user who shares a thread with this one; while disconnected, as last known. */
  presence(user: string): Store<PresenceStatus> {
    return this.#presence.of(user);
  }

  /** Sets the user's own presence. */
  setPresence(status: "active" | "away"): void {
    this.#away = status === "away";
    this.#connection.send({ type: "presence", status });
  }

  get #scope(): string {
    return `${this.#url} ${this.#me}`;
  }

  #onWelcome(welcome: Welcome, resumed: boolean): void {
    if (this.#me && this.#me !== welcome.user) {
      return this.#connection.disconnect(0, "another_user");
    }
    this.#me = welcome.user;
    this.#user.changed();
    this.#limits = welcome.limits;
    this.#limitsView.changed();
    if (this.#away) this.#connection.send({ type: "presence", status: "away" });
    this.#live = true;
    // A session that was not resumed from a cursor does not continue what was loaded before it.
    if (!resumed) this.#threads.onResync([], false);
    this.#presence.onUp();
    this.#threads.onUp();
    this.#outbox.start();
    void this.#outbox.open(this.#scope);
  }

  #onDown(): void {
    this.#outbox.stop();
    this.#threads.onDown();
    this.#presence.onDown();
  }

  #onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "event": {
        const { position, event } = frame;
        if (event.type === "message_posted" && event.message.sender === this.#me) {
          this.#arrived(event.message as Message, position);
        }
        return this.#threads.onEvent(frame);
      }
      case "read":
        return this.#threads.onRead(frame.thread, frame.user, frame.number);
      case "typing":
        if (frame.user === this.#me) return;
        // Large threads say only how many users type, without naming one.
        return this.#threads.find(frame.thread)?.typists.set(frame.user!, frame.status === "start");
      case "resync":
        // With any other reason than "too_old", what is known may be wrong.
        return this.#threads.onResync(frame.threads, frame.reason !== "too_old");
      case "presence":
        for (const { user, status } of frame.users) {
          if (status === "active") this.#threads.onSeen(user);
          this.#presence.set(user, status);
        }
    }
  }

  #submit(op: Op): Promise<Written> {
    const { thread } = op;
    switch (op.type) {
      case "send":
        return this.#connection.ask({ type: "send", thread, message: { id: op.id, ...op.draft } });
      case "edit": {
        const metadata = op.metadata ? { metadata: op.metadata } : {};
        return this.#connection.ask({ type: "edit", thread, message: op.message, content: op.content, ...metadata });
      }
      case "delete":
        return this.#connection.ask({ type: "delete", thread, message: op.message });
      case "read":
        return this.#connection.ask({ type: "read", thread, number: op.number });
    }
  }

  #arrived(message: Message, position: string | null): void {
    const { id, seq, number, sent_at } = message;
    this.#outbox.arrived(id, { message: id, seq, number, sent_at, at: sent_at, position });
  }

  #onOutbox(thread = ""): void {
    this.#threads.find(thread)?.messages.changed();
    this.#outboxView.changed();
  }

  #outboxState(): OutboxState {
    const ops = this.#outbox.ops.map(outboxOpOf);
    const counted = ops.filter((op) => op.type !== "read");
    const failed = counted.filter((op) => op.error).length;
    return { ops, pending: counted.length - failed, failed, durable: this.#outbox.durable };
  }
}

function outboxOpOf(op: Op): OutboxOp {
  const { id, thread, type, at, error } = op;
  return { id, thread, type, message: messageOf(op), content: textOf(op), at, error };
}

/**
 * Makes a client for one user. It does nothing until {@link Client.connect}.
 *
 * @example
 * const client = createClient({ url: "https://chat.example.org", getToken: () => fetchToken(), user: "ann" });
 * client.connect();
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}
