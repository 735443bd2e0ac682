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
import { type Store, Teller, View } from "./store.js";
import { ThreadHandle } from "./thread/handle.js";
import { Threads, type ThreadsState } from "./threads.js";
import { onWake } from "./wake.js";

export interface ClientOptions {
  /** Any edge's address, such as `https://chat.example.org`. */
  url: string;
  /** Gives a token that is good for now; called for every connection and whenever one runs out. */
  getToken: GetToken;
  /**
   * The user's id, where it is known without asking the server. With it, what waited when the page was closed is shown
   * and kept also while there is no connection; without it, from the first connection on.
   */
  user?: string;
  /** Where what is not sent yet is kept; IndexedDB if there is one. */
  storage?: OutboxStorage;
  /** The WebSocket class, where there is no global one (Node before 22). */
  webSocket?: WebSocketClass;
  fetch?: typeof fetch;
  clock?: Clock;
  /** Numbers from 0 to 1. */
  random?: () => number;
}

/** Something that is not done yet. */
export interface OutboxOp {
  readonly id: string;
  readonly thread: string;
  readonly type: Op["type"];
  /** The message that it is about; none for a read mark. */
  readonly message: string | undefined;
  /** The text of a message to send, or that of an edit. */
  readonly content: string | undefined;
  /** When it was asked for, milliseconds since the epoch. */
  readonly at: number;
  /** Why it failed; null while it waits. */
  readonly error: ErrorBody | null;
}

/** What is not done yet. */
export interface OutboxState {
  /** All of it, oldest first, read marks too. */
  readonly ops: readonly OutboxOp[];
  /** How many of them wait, and how many failed; read marks are not counted. */
  readonly pending: number;
  readonly failed: number;
  /** Whether it outlives this page. */
  readonly durable: boolean;
}

/** A user's conversations, over one socket. */
export class Client {
  /** How the connection is. */
  readonly connection: Store<ConnectionState>;
  /** The user's id; empty until it is known. */
  readonly user: Store<string>;
  /** What the server wants to be kept to; null until the first session. */
  readonly limits: Store<Limits | null>;
  /** The user's threads, latest activity first. */
  readonly threads: Store<ThreadsState>;
  /** What the user has not read. */
  readonly unread: Store<Unread>;
  /** What waits to be sent. */
  readonly outbox: Store<OutboxState>;
  readonly #connection: Connection;
  readonly #threads: Threads;
  readonly #outbox: Outbox;
  readonly #presence: Presence;
  readonly #rest: Rest;
  readonly #ids: Ids;
  readonly #user: View<string>;
  readonly #limitsView: View<Limits | null>;
  readonly #outboxView: View<OutboxState>;
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
    const teller = new Teller(clock);
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
      teller,
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
      teller,
      ops: (thread) => this.#outbox.of(thread),
      arrived: (message, position) => this.#arrived(message, position),
      applied: (message, content, written) => this.#outbox.applied(message, content, written),
    });
    this.#presence = new Presence(teller, clock);
    this.#user = new View(teller, () => this.#me);
    this.#limitsView = new View(teller, () => this.#limits);
    this.#outboxView = new View(teller, () => this.#outboxState());
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

  /** Connects, and stays connected until {@link disconnect}; while it waits for its next attempt, makes it now. */
  connect(): void {
    this.#connection.connect();
  }

  /** Ends the connection; what is sent meanwhile waits. */
  disconnect(): void {
    this.#connection.disconnect();
  }

  /** Ends everything; what waits stays in storage for the next client. */
  close(): void {
    this.disconnect();
    this.#outbox.close();
    this.#unlisten();
  }

  /** One thread, by its id. */
  thread(id: string): ThreadHandle {
    let handle = this.#handles.get(id);
    if (!handle) {
      const room = (id: string) => this.#threads.room(id);
      const deps = { room, outbox: this.#outbox, connection: this.#connection, rest: this.#rest, clock: this.#clock };
      handle = new ThreadHandle(id, deps);
      this.#handles.set(id, handle);
    }
    return handle;
  }

  /** Loads further threads into {@link threads}. */
  moreThreads(): Promise<void> {
    return this.#threads.more();
  }

  /** Makes a thread, or returns the dm, or the one with this key, that there is. */
  async createThread(create: CreateThread): Promise<Thread> {
    const thread = await this.#rest.repeat<Thread>("POST", "threads", { body: create, key: this.#ids.mint() });
    this.#threads.room(thread.id).absorb(thread);
    return thread;
  }

  /**
   * Looks a user up by id; null when nobody of this id has signed in here yet. Anyone can be written to before that: this
   * tells a typing error from a person.
   */
  async findUser(id: string): Promise<User | null> {
    try {
      return await this.#rest.get<User>(`users/${encodeURIComponent(id)}`);
    } catch (thrown) {
      if (ThreadlineError.from(thrown).code === "unknown_user") return null;
      throw thrown;
    }
  }

  /** Tries everything that failed, again. Returns whether there was anything. */
  retryFailed(): boolean {
    return this.#outbox.retry();
  }

  /** Gives up everything that failed, also in threads that are gone. Returns whether there was anything. */
  discardFailed(): boolean {
    return this.#outbox.discard();
  }

  /** Whether a user whom one shares a thread with is there; while there is no connection, as it was last known. */
  presence(user: string): Store<PresenceStatus> {
    return this.#presence.of(user);
  }

  /** Tells the others whether one is looking. */
  setPresence(status: "active" | "away"): void {
    this.#away = status === "away";
    this.#connection.tell({ type: "presence", status });
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
    if (this.#away) this.#connection.tell({ type: "presence", status: "away" });
    this.#live = true;
    // A session that was not asked to go on from a place does not continue what was read before it.
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
        // A large thread tells how many type, of no user and without a start: that changes nothing here.
        return this.#threads.find(frame.thread)?.typists.set(frame.user!, frame.status === "start");
      case "resync":
        // Only "too_old" says that what is known is true as far as it goes.
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
    const ops = this.#outbox.ops.map(told);
    const counted = ops.filter((op) => op.type !== "read");
    const failed = counted.filter((op) => op.error).length;
    return { ops, pending: counted.length - failed, failed, durable: this.#outbox.durable };
  }
}

function told(op: Op): OutboxOp {
  const { id, thread, type, at, error } = op;
  return { id, thread, type, message: messageOf(op), content: textOf(op), at, error };
}

/** A client for one user. It does nothing until {@link Client.connect}. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}
