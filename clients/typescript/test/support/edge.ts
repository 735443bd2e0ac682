import type { ServerFrame } from "../../src/api/frames.js";
import type { Change, Member, Message, Thread, ThreadEvent } from "../../src/api/types.js";
import type { Clock } from "../../src/clock.js";
import { type FakeSocket, type Sent, sockets, welcome } from "./socket.js";

type OkFrame = Extract<ServerFrame, { type: "ok" }>;

/** What happens to the frames on their way to the client. */
export type Network = (frames: ServerFrame[]) => ServerFrame[];

interface Mark {
  user: string;
  number: number;
}

/** A server in miniature, as one user's client sees it: a log, views that may lag behind it, one socket. */
export class FakeEdge {
  readonly log: ThreadEvent[] = [];
  readonly marks = new Map<string, Mark[]>();
  /** Users' display names. */
  readonly names = new Map<string, string>();
  /** Events that the views do not have yet. */
  lag = 0;
  /** Answers that are made are on their way until this is over. */
  way: Promise<void> | undefined;
  /** Sessions that come back are told to load anew. */
  forgetful = false;
  /** Whether answers get through; what is asked for is done in any case. */
  answers = true;
  network: Network = (frames) => frames;
  /** What is refused, with which code. */
  refuses: (frame: Sent) => string | undefined = () => undefined;
  /** After which frames the connection ends, with which code, and whether what they ask for was done before. */
  endsAfter: (frame: Sent) => { code: number; done: boolean } | undefined = () => undefined;
  /** Reads that were asked for. */
  readonly reads: string[] = [];
  /** Reads that fail for now, by their path. */
  fails: (path: string) => boolean = () => false;
  socket: FakeSocket | undefined;
  readonly webSocket;
  #open = false;

  readonly user: string;
  readonly #clock: Clock;

  constructor(clock: Clock, user = "ann") {
    this.#clock = clock;
    this.user = user;
    this.webSocket = sockets((socket) => {
      this.socket = socket;
      this.#open = false;
      socket.onsent = (frame) => this.#onFrame(socket, frame);
      queueMicrotask(() => socket.open());
    }).webSocket;
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input));
    const path = url.pathname.replace("/api/chat/", "");
    this.reads.push(`${init?.method ?? "GET"} ${path}`);
    await Promise.resolve();
    const fails = this.fails(path);
    const body = fails ? undefined : this.#read(url);
    await this.way;
    const problem = { code: fails ? "unavailable" : "unknown_thread", title: "", detail: "", retryable: fails };
    // A real Response is read by the event loop, which a test with a clock of its own does not turn.
    const text = JSON.stringify(body ?? problem);
    return { ok: Boolean(body), status: body ? 200 : 404, text: async () => text } as Response;
  };

  /** Something happens in a thread; sessions are told. */
  append(thread: string, change: Change): ThreadEvent {
    const seq = this.events(thread).length + 1;
    const event = { thread, seq, position: `messages:0:${this.log.length}`, event: change };
    this.log.push(event);
    this.tell([{ type: "event", ...event }]);
    return event;
  }

  create(thread: string, members: string[]): void {
    const created_at = this.now();
    const made = members.map((user) => ({ user, role: "member" as const }));
    const body = {
      id: thread,
      kind: "group" as const,
      key: null,
      title: null,
      metadata: {},
      members: made,
      created_at,
    };
    this.append(thread, { type: "thread_created", thread: body, by: members[0]! });
  }

  post(thread: string, sender: string, content: string, id = `${thread}-${this.log.length}`): ThreadEvent {
    const number = this.messages(thread).length + 1;
    const message: Message = {
      id,
      thread,
      seq: this.events(thread).length + 1,
      number,
      sender,
      kind: "text",
      content,
      metadata: {},
      attachments: [],
      reply_to: null,
      reactions: {},
      pinned: false,
      sent_at: this.now(),
      edited_at: null,
      deleted_at: null,
      deleted_by: null,
      expires_at: null,
    };
    return this.append(thread, { type: "message_posted", message });
  }

  edit(message: Message, content: string): void {
    if (message.deleted_at) return;
    const { id, number, sender: by, thread } = message;
    this.append(thread, { type: "message_edited", message: id, number, content, by, edited_at: this.now() });
  }

  delete(message: Message): void {
    const { id, number, sender: by, thread } = message;
    this.append(thread, { type: "message_deleted", message: id, number, by, deleted_at: this.now() });
  }

  read(thread: string, user: string, number: number): void {
    this.marks.set(thread, [...(this.marks.get(thread) ?? []), { user, number }]);
    this.tell([{ type: "read", thread, user, number, at: this.now() }]);
  }

  /** Sends frames, through the network as it is. */
  tell(frames: ServerFrame[]): void {
    if (!this.#open) return;
    for (const frame of this.network(frames)) this.socket?.receive(frame);
  }

  /** The connection breaks. */
  drop(code = 1006): void {
    const socket = this.socket;
    this.socket = undefined;
    this.#open = false;
    if (socket && !socket.closed) socket.drop(code);
  }

  now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  /** A thread's events, as far as the log goes or up to an offset. */
  events(thread: string, until = this.log.length): ThreadEvent[] {
    return this.log.slice(0, until).filter((event) => event.thread === thread);
  }

  messages(thread: string, until?: number): Message[] {
    const messages: Message[] = [];
    for (const { event } of this.events(thread, until)) {
      if (event.type === "message_posted") messages.push({ ...(event.message as Message) });
      if (event.type === "message_edited") {
        Object.assign(messages[event.number - 1]!, { content: event.content, edited_at: event.edited_at });
      }
      if (event.type === "message_deleted") {
        const { by: deleted_by, deleted_at } = event;
        Object.assign(messages[event.number - 1]!, { content: "", metadata: {}, deleted_at, deleted_by });
      }
    }
    return messages;
  }

  members(thread: string, until?: number): string[] {
    const users = new Set<string>();
    for (const { event } of this.events(thread, until)) {
      if (event.type === "thread_created") for (const { user } of event.thread.members) users.add(user);
      if (event.type === "member_added") users.add(event.user);
      if (event.type === "member_removed") users.delete(event.user);
    }
    return [...users];
  }

  /** Up to where a user has read: the marks, and what the user wrote. */
  readBy(thread: string, user: string): number {
    const marked = (this.marks.get(thread) ?? []).filter((mark) => mark.user === user).map((mark) => mark.number);
    const wrote = this.messages(thread)
      .filter((message) => message.sender === user)
      .map((message) => message.number);
    return Math.max(0, ...marked, ...wrote);
  }

  /** The number of the last message when a user joined, for the last time. */
  joinedAt(thread: string, user: string, until?: number): number {
    const events = this.events(thread, until);
    const joined = events.findLastIndex(({ event }) => event.type === "member_added" && event.user === user);
    return events.slice(0, joined + 1).filter(({ event }) => event.type === "message_posted").length;
  }

  unread(thread: string, until?: number): number {
    const read = Math.max(this.readBy(thread, this.user), this.joinedAt(thread, this.user, until));
    return this.messages(thread, until).filter(({ number, deleted_at }) => number > read && !deleted_at).length;
  }

  threads(until?: number): string[] {
    const ids = new Set(this.log.slice(0, until).map((event) => event.thread));
    return [...ids].filter((id) => this.members(id, until).includes(this.user));
  }

  snapshot(thread: string, until = this.log.length): Thread | undefined {
    const events = this.events(thread, until);
    const users = this.members(thread, until);
    if (!users.includes(this.user)) return undefined;
    const messages = this.messages(thread, until);
    const member = (user: string): Member => ({
      user,
      name: this.names.get(user) ?? null,
      role: "member",
      joined_number: this.joinedAt(thread, user, until),
      read_number: this.readBy(thread, user),
    });
    return {
      id: thread,
      kind: "group",
      key: null,
      title: null,
      metadata: {},
      members: users.map(member),
      member_count: users.length,
      last_seq: events.length,
      last_number: messages.length,
      last_message: messages.at(-1) ?? null,
      unread: this.unread(thread, until),
      created_at: this.now(),
      archived_at: null,
    };
  }

  #onFrame(socket: FakeSocket, frame: Sent): void {
    if (socket !== this.socket) return;
    const end = this.endsAfter(frame);
    if (!end) return this.#answer(frame);
    // What it leads to does not get through any more.
    this.#open = false;
    if (end.done) this.#answer(frame);
    queueMicrotask(() => this.drop(end.code));
  }

  #answer(frame: Sent): void {
    if (frame.type === "hello") return this.#greet(frame.cursor ?? undefined);
    if (frame.type === "ping") return this.tell([{ type: "pong", cursor: String(this.log.length) }]);
    const answer = (result: OkFrame["result"]) => {
      if (this.answers && frame.id !== undefined) this.tell([{ type: "ok", id: frame.id, result }]);
    };
    const refuse = (code: string) => {
      const error = { code, title: code, detail: "", retryable: false };
      if (frame.id !== undefined) this.tell([{ type: "error", id: frame.id, error }]);
    };
    const code = this.refuses(frame);
    if (code) return refuse(code);
    if ("thread" in frame && !this.members(frame.thread).includes(this.user)) return refuse("unknown_thread");
    if (frame.type === "send") {
      const { id, content } = frame.message;
      const known = this.messages(frame.thread).find((message) => message.id === id);
      if (known && known.content !== content) return refuse("message_conflict");
      const seq = known?.seq ?? this.post(frame.thread, this.user, content, id).seq;
      answer({ message: id, seq, at: this.now(), position: null });
    } else if (frame.type === "edit" || frame.type === "delete") {
      const message = this.messages(frame.thread).find((message) => message.id === frame.message);
      if (!message) return refuse("unknown_message");
      const settled = frame.type === "edit" ? message.content === frame.content : message.deleted_at;
      if (!settled) {
        if (frame.type === "edit") this.edit(message, frame.content);
        else this.delete(message);
      }
      answer({ seq: 1, at: this.now(), position: null });
    } else if (frame.type === "read") {
      this.read(frame.thread, this.user, frame.number);
      answer({ position: "reads:0:1" });
    }
  }

  #greet(cursor: string | undefined): void {
    this.#open = true;
    // What the views have is continued by events, whatever was asked for.
    const seen = this.log.length - this.lag;
    const recovered = cursor !== undefined && !this.forgetful;
    const from = recovered ? Number(cursor) : seen;
    this.socket?.receive(welcome(this.user, cursor ?? String(from), recovered));
    if (cursor !== undefined && !recovered) {
      this.tell([{ type: "resync", threads: this.threads(), reason: "too_old" }]);
    }
    this.tell(this.log.slice(from).map((event) => ({ type: "event" as const, ...event })));
    this.tell([{ type: "pong", cursor: String(this.log.length) }]);
  }

  #read(url: URL): unknown {
    const [, id, what] = url.pathname.replace("/api/chat/", "").split("/");
    const query = (name: string) => url.searchParams.get(name);
    const number = (name: string, otherwise: number) => Number(query(name) ?? otherwise);
    const asked = query("at_least");
    const least = asked ? Number(asked.split(":")[2]) + 1 : 0;
    const until = Math.max(this.log.length - this.lag, least);
    if (url.pathname.endsWith("/unread-count")) {
      return { threads: Object.fromEntries(this.threads(until).map((thread) => [thread, this.unread(thread, until)])) };
    }
    if (id === undefined) {
      const threads = this.threads(until).map((thread) => this.snapshot(thread, until)!);
      return { threads, next: null };
    }
    const thread = this.snapshot(id, until);
    if (!thread || what === undefined) return thread;
    const limit = number("limit", 50);
    if (what === "events") {
      const events = this.events(id, until)
        .filter((event) => event.seq > number("after_seq", 0))
        .slice(0, limit);
      return { events, next: null };
    }
    const before = number("before", Number.POSITIVE_INFINITY);
    const messages = this.messages(id, until)
      .filter((message) => message.number < before)
      .slice(-limit)
      .reverse();
    return { messages, next: null };
  }
}
